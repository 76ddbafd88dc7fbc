import "./app.css";
import "./htmx.js";
import "htmx-ext-sse";
import "@tabler/core/js/src/bootstrap/collapse.ts";
import "@tabler/core/js/src/bootstrap/dropdown.ts";
import Alpine from "@alpinejs/csp";
import { register } from "./components/index.js";

window.Alpine = Alpine;
register(Alpine);
Alpine.start();
