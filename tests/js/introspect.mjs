// What graphql-js says about a schema: {sdl, documents} as JSON in, [{document, data}] as JSON out,
// the full introspection query first.
import { readFileSync } from "node:fs";
import { buildSchema, getIntrospectionQuery, graphqlSync } from "graphql";

const { sdl, documents } = JSON.parse(readFileSync(0, "utf8"));
const schema = buildSchema(sdl);
const everything = getIntrospectionQuery({
  descriptions: true,
  specifiedByUrl: true,
  directiveIsRepeatable: true,
  schemaDescription: true,
  inputValueDeprecation: true,
  oneOf: true,
});
const answers = [everything, ...documents].map((document) => {
  const { data, errors } = graphqlSync({ schema, source: document });
  if (errors) throw new Error(`${document}: ${errors.map((error) => error.message).join("; ")}`);
  return { document, data };
});
process.stdout.write(JSON.stringify(answers));
