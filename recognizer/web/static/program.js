// The program's own camera: labelled pictures come, each when the last one is drawn.

import { Connection } from "./connection.js";
import { describe, download, element, Handlers, named, say, tell } from "./page.js";

export function startProgram(numbers) {
  const canvas = element("canvas");
  const context = canvas.getContext("2d");
  const handlers = new Handlers();
  const pause = element("pause");
  const debug = element("debug");
  let paused = false;
  let waiting = false; // for a picture that was asked for
  let over = false;

  element("video").hidden = true;
  tell("");
  say("Waiting for the first picture …");

  const ask = () => {
    if (!paused && !waiting) waiting = connection.send(isPressed(debug) ? "debug" : "labelled");
  };

  async function take(data) {
    const [figures, jpeg] = unpack(data);
    const picture = await createImageBitmap(new Blob([jpeg], { type: "image/jpeg" }));
    waiting = false;
    if (over) return;
    numbers.add(figures.numbers);
    if (!paused) {
      [canvas.width, canvas.height] = [picture.width, picture.height];
      context.drawImage(picture, 0, 0);
      describe(figures.texts);
      tell(state(figures), figures.lost);
      say("");
    }
    picture.close();
    ask();
  }

  const connection = new Connection("/live", {
    opened() {
      waiting = false;
      ask();
    },
    received: (data) => typeof data === "string" ? say(JSON.parse(data).error) : take(data),
  });

  const press = {
    p() {
      paused = toggle(pause);
      if (paused) tell("paused");
      ask();
    },
    d: () => toggle(debug),
    s: () => canvas.toBlob((blob) => blob && download(blob, named("jpg")), "image/jpeg", 0.92),
  };
  handlers.on(pause, "click", press.p);
  handlers.on(debug, "click", press.d);
  handlers.on(element("snapshot"), "click", press.s);
  handlers.on(document, "keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.target.closest("select, input")) return;
    press[event.key]?.();
  });

  return () => {
    over = true;
    handlers.end();
    connection.close();
    for (const button of [pause, debug]) button.setAttribute("aria-pressed", "false");
  };
}

// A message: the length of its head, the head as JSON, the JPEG.
function unpack(data) {
  const length = new DataView(data).getUint32(0);
  const head = new TextDecoder().decode(new Uint8Array(data, 4, length));
  return [JSON.parse(head), new Uint8Array(data, 4 + length)];
}

function state({ lost, fps, age, dropped }) {
  if (lost) return `camera lost: its last picture is ${(age / 1000).toFixed(0)} s old`;
  return `${fps.toFixed(0)} frames a second · ${age} ms old · ${dropped} dropped`;
}

const isPressed = (button) => button.getAttribute("aria-pressed") === "true";

function toggle(button) {
  const pressed = !isPressed(button);
  button.setAttribute("aria-pressed", String(pressed));
  return pressed;
}
