// The built site as a person sees it: `node look.mjs BROWSER [PAGE …]`, after `npm install axe-core playwright-core` in build/look.
// Exit code 1 if the browser's console says anything, a page is wider than the screen, search finds nothing, or axe finds a fault.
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { mkdirSync, readFileSync, readdirSync, statSync } from "node:fs";
import { extname, join } from "node:path";

const require = createRequire(join(process.cwd(), "build/look/package.json"));
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const [browserPath, ...named] = process.argv.slice(2);
const kinds = { ".css": "text/css", ".html": "text/html", ".js": "text/javascript", ".svg": "image/svg+xml", ".png": "image/png" };
const options = "no-sandbox disable-gpu disable-quic no-first-run disable-background-networking disable-component-update disable-sync";
const shots = "build/look/shots";
let faults = 0;

const server = createServer((request, response) => {
  const path = join("site", decodeURIComponent(new URL(request.url, "http://site").pathname));
  try {
    response.writeHead(200, { "Content-Type": kinds[extname(path)] ?? "application/octet-stream" }).end(readFileSync(path));
  } catch {
    response.writeHead(404).end();
  }
}).listen(0, "127.0.0.1");

function fault(where, what) {
  faults += 1;
  console.log(`${where}: ${what}`);
}

async function look(context, name, where) {
  const page = await context.newPage();
  page.on("console", (said) => said.type() === "log" || fault(where, `console: ${said.text()}`));
  page.on("pageerror", (error) => fault(where, `script: ${error}`));
  await page.goto(`http://127.0.0.1:${server.address().port}/${name}`);
  if (name.startsWith("search.html?")) await page.waitForSelector("#search-results li", { timeout: 10000 });
  const wider = await page.evaluate("document.documentElement.scrollWidth - innerWidth");
  if (wider > 0) fault(where, `${wider} pixels wider than the screen`);
  await page.evaluate(axe);
  for (const { id, impact, nodes } of (await page.evaluate("axe.run()")).violations) {
    fault(where, `axe: ${id} (${impact}), ${nodes.length} times: ${nodes[0].html.slice(0, 120)}`);
  }
  await page.screenshot({ path: join(shots, `${where.replaceAll(/[^\w.]+/g, "-")}.png`) });
  await page.close();
}

const files = readdirSync("site", { recursive: true }).filter((name) => name.endsWith(".html") && statSync(join("site", name)).isFile());
const pages = named.length ? named : [...files.filter((name) => name !== "search.html"), "search.html?q=lock"];
mkdirSync(shots, { recursive: true });
const browser = await chromium.launch({ executablePath: browserPath, args: options.split(" ").map((one) => `--${one}`) });
for (const [colorScheme, width, height] of [["light", 1280, 900], ["dark", 390, 844]]) {
  const context = await browser.newContext({ colorScheme, viewport: { width, height } });
  for (const name of pages) await look(context, name, `${name} ${colorScheme} ${width}`);
  await context.close();
}
await browser.close();
server.close();
console.log(`${pages.length} pages looked at, wide and light, narrow and dark: ${faults} faults; pictures in ${shots}`);
process.exitCode = faults ? 1 : 0;
