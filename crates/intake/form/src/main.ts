// Runs once for each script tag on the page.
import { start } from "./form";

const own = document.currentScript;
if (own instanceof HTMLScriptElement) start(own);
