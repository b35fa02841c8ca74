// The page: which of the two cameras is shown, and what all parts share.

import { startProgram } from "./program.js";
import { startBrowser } from "./browser.js";
import { Numbers } from "./numbers.js";
import { element, say } from "./page.js";

const WAYS = {
  program: { start: startProgram, button: element("way-program"), controls: element("program-controls") },
  browser: { start: startBrowser, button: element("way-browser"), controls: element("browser-controls") },
};

let present = null; // the way that is shown: its name, its numbers and what ends it

function show(name) {
  if (present?.name === name) return;
  present?.stop();
  for (const [other, way] of Object.entries(WAYS)) {
    way.button.setAttribute("aria-pressed", String(other === name));
    way.controls.hidden = other !== name;
  }
  const numbers = new Numbers();
  present = { name, stop: WAYS[name].start(numbers) };
}

async function begin() {
  for (const [name, way] of Object.entries(WAYS)) way.button.addEventListener("click", () => show(name));
  let about;
  try {
    const answer = await fetch("/about.json");
    if (!answer.ok) {
      say(await answer.text());
      return;
    }
    about = await answer.json();
  } catch {
    say("The server doesn’t answer. Is the program running? Trying again …");
    setTimeout(begin, 2000);
    return;
  }
  WAYS.program.button.hidden = about.camera === null;
  show(about.camera === null ? "browser" : "program");
}

begin();
