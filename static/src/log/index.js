// The log on a Deployment's page, and the page while its Deployment runs.
import { Log } from "./log.js";
import { Stream } from "./stream.js";
import { Tools } from "./tools.js";

const panel = document.querySelector("[data-log]");
if (panel) {
  const log = new Log(panel);
  new Tools(panel, log);
  if (panel.dataset.events) new Stream(panel, log);
}
