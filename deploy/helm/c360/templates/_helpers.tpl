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
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
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
