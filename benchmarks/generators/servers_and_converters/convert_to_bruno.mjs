// Prints the method and URL of each request in the collection that Bruno's converter makes of a spec.
// Arguments: the spec, and the folder that has the converter in its node_modules.
import fs from "node:fs";
import { createRequire } from "node:module";

const [spec, tools] = process.argv.slice(2);
const require = createRequire(`${tools}/`);
const { openApiToBruno } = require("@usebruno/converters");
const yaml = require("js-yaml");

function show(item) {
  if (item.request) console.log(`${item.request.method} ${item.request.url}`);
  (item.items ?? []).forEach(show);
}

show(await openApiToBruno(yaml.load(fs.readFileSync(spec, "utf8"))));
