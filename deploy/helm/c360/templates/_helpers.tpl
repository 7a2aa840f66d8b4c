{{- define "c360.name" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "c360.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "c360.labels" -}}
{{ include "c360.selector" . }}
app.kubernetes.io/component: gateway
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "c360.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "c360.name" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "c360.configMap" -}}
{{- default (printf "%s-config" (include "c360.name" .)) .Values.existingConfigMap -}}
{{- end -}}

{{- define "c360.schemaConfigMap" -}}
{{- default (printf "%s-schema" (include "c360.name" .)) .Values.existingSchemaConfigMap -}}
{{- end -}}

{{/* Names of the schema's files, as a YAML list. */}}
{{- define "c360.schemaFiles" -}}
{{- if .Values.existingSchemaConfigMap -}}
{{- if not .Values.existingSchemaFiles -}}
{{- fail "existingSchemaFiles: the names of the files in existingSchemaConfigMap are needed" -}}
{{- end -}}
{{- toYaml .Values.existingSchemaFiles -}}
{{- else -}}
{{- if not .Values.schema -}}
{{- fail "schema: at least one *.graphql file is needed (see values.yaml)" -}}
{{- end -}}
{{- keys .Values.schema | sortAlpha | toYaml -}}
{{- end -}}
{{- end -}}

{{/* Variables of the container, as a YAML list: those of the values, and where the Redis beside it is. */}}
{{- define "c360.env" -}}
{{- $env := .Values.env -}}
{{- $names := list -}}
{{- range $env }}{{ $names = append $names .name }}{{ end -}}
{{- if and .Values.redis.enabled (not (has "REDIS_URL" $names)) -}}
{{- $env = prepend $env (dict "name" "REDIS_URL" "value" (printf "redis://%s-redis:6379" (include "c360.name" .))) -}}
{{- $names = append $names "REDIS_URL" -}}
{{- end -}}
{{- if not (or .Values.envFrom .Values.existingConfigMap) -}}
{{- $config := regexReplaceAll "(?m)^\\s*#.*$" .Values.config "" | replace "$${" "" -}}
{{- range regexFindAll "\\$\\{[A-Za-z_][A-Za-z0-9_]*\\}" $config -1 -}}
{{- if not (has (. | trimPrefix "${" | trimSuffix "}") $names) -}}
{{- fail (printf "config reads %s, which neither env nor envFrom gives" .) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if $env }}{{ toYaml $env }}{{ end -}}
{{- end -}}

{{/* gateway.toml, where it listens at the ports that the pods open. */}}
{{- define "c360.config" -}}
{{- $at := "listen\\s*=\\s*[\"'](\\$\\{|(0\\.0\\.0\\.0|\\[::\\]):%d[\"'])" -}}
{{- if not (regexMatch (printf $at 4000) .Values.config) -}}
{{- fail "config: a pod is reached where [http] says listen = \"0.0.0.0:4000\"" -}}
{{- end -}}
{{- if and .Values.serviceMonitor.enabled (not (regexMatch (printf $at 4001) .Values.config)) -}}
{{- fail "config: a serviceMonitor finds nothing where [admin] does not say listen = \"0.0.0.0:4001\"" -}}
{{- end -}}
{{- .Values.config -}}
{{- end -}}
