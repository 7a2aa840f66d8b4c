// Packs the playground's foreign parts from npm packages into packed/, where the program takes them from.
//
//   npm ci && node build.mjs            writes packed/
//   npm ci && node build.mjs --check    compares packed/ with what would be written
//
// `npm ci` holds every package against the checksum in package-lock.json. What is packed is the packages' own
// ready-made text, with two changes: fonts are left out (they are two thirds of the styles; the reader's system has
// some), and so are references to source maps, which are not shipped.

import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync, gzipSync } from "node:zlib";

const here = dirname(fileURLToPath(import.meta.url));
const modules = join(here, "node_modules");
const read = (path) => readFileSync(join(modules, path), "utf8");
const about = (name) => JSON.parse(read(`${name}/package.json`));

const SCRIPTS = [
  "react/umd/react.production.min.js",
  "react-dom/umd/react-dom.production.min.js",
  "graphiql/graphiql.min.js",
];
const script = SCRIPTS.map((path) => read(path).replace(/\n?\/\/# sourceMappingURL=\S*\s*$/, "\n")).join("");
const styles = read("graphiql/graphiql.min.css").replace(/@font-face\s*\{[^}]*\}\s*/g, "");

// The page's content security policy would stop these in the browser; better to hear of it here.
const loads = styles.match(/@import[^;]*|url\((?!["']?data:)[^)]*/) ?? script.match(/[^.\w](importScripts|eval)\(|new Function\(/);
if (loads) throw new Error(`it would load or evaluate something: ${loads[0].slice(0, 80)}`);

/** Names of the packages whose code stands in GraphiQL's bundle, by its source map. */
function bundled() {
  const home = { "graphiql-react": "@graphiql/react", "graphiql-toolkit": "@graphiql/toolkit", src: "graphiql" };
  const names = new Set(["react", "react-dom"]);
  for (const source of JSON.parse(read("graphiql/graphiql.min.js.map")).sources) {
    const inside = source.match(/.*node_modules\/((?:@[^/]+\/)?[^/]+)/)?.[1];
    const beside = source.replace(/^(\.\.\/)+/, "").split("/")[0];
    names.add(inside ?? home[beside] ?? beside.replace(/^graphiql-plugin-/, "@graphiql/plugin-"));
  }
  return [...names].sort();
}

/** Every licence text with the packages that it covers. */
function licences() {
  const covered = new Map();
  for (const name of bundled()) {
    const { version, license } = about(name);
    const file = readdirSync(join(modules, name)).find((file) => /^licen[cs]e/i.test(file));
    const text = file ? read(`${name}/${file}`).replaceAll("\r\n", "\n").trim() : "(comes without a text of its own)";
    covered.set(text, [...(covered.get(text) ?? []), `${name} ${version}, ${license}`]);
  }
  const head =
    "The playground's script and styles are GraphiQL's ready-made bundle with React, packed by build.mjs. These packages\n" +
    "stand in them, under these licences. GraphiQL's bundle does not tell which release of a package it was made with:\n" +
    "the version is the one that package-lock.json names.\n";
  const parts = [...covered].map(([text, names]) => `${names.join("\n")}\n\n${text}\n`);
  return [head, ...parts].join(`\n${"-".repeat(80)}\n\n`);
}

const outcome = { "graphiql.js.gz": script, "graphiql.css.gz": styles, "LICENCES.txt": licences() };
const packed = join(here, "packed");
if (process.argv.includes("--check")) {
  const text = (path) => (path.endsWith(".gz") ? gunzipSync(readFileSync(path)) : readFileSync(path)).toString();
  const differs = Object.keys(outcome).filter((name) => {
    const path = join(packed, name);
    return !existsSync(path) || text(path) !== outcome[name];
  });
  if (differs.length > 0) {
    console.error(`${differs.join(", ")}: not what package-lock.json gives; run node build.mjs`);
    process.exit(1);
  }
} else {
  mkdirSync(packed, { recursive: true });
  for (const [name, text] of Object.entries(outcome)) {
    writeFileSync(join(packed, name), name.endsWith(".gz") ? gzipSync(text, { level: 9 }) : text);
  }
}
