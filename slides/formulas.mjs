// Reads [{tex, display, output}] as JSON, writes [{html} or {error}] as JSON, in the same order.
import { readFileSync } from "node:fs";
import katex from "katex";

const rendered = JSON.parse(readFileSync(0, "utf8")).map(({ tex, display, output }) => {
  try {
    const options = { displayMode: display, output, throwOnError: true, strict: "ignore" };
    return { html: katex.renderToString(tex, options) };
  } catch (error) {
    return { error: error.message };
  }
});
process.stdout.write(JSON.stringify(rendered));
