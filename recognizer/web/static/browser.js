// The camera of this phone or laptop: its frames are sent one at a time, and what is read is drawn over the video.

import { openCamera, listCameras } from "./camera.js";
import { Connection } from "./connection.js";
import { draw } from "./overlay.js";
import { describe, element, Handlers, say, tell } from "./page.js";

const LONGEST = 1280; // pixels of the longer side of what is sent
const QUALITY = 0.8; // of the JPEG

export function startBrowser(numbers) {
  const video = element("video");
  const canvas = element("canvas");
  const which = element("which");
  const start = element("start");
  const handlers = new Handlers();
  const session = crypto.getRandomValues(new Uint32Array(1))[0];
  const small = document.createElement("canvas");
  let connection = null;
  let stream = null;
  let attempt = 0; // counts openings of a camera: only the last one counts
  let opening = 0; // counts connections: each has digits of its own
  let sent = 0; // when the frame under way was sent; 0 for none
  let rate = 0;

  video.hidden = false;
  clear();
  tell("");
  say("Choose “Use my camera”, then hold up a sheet with digits.");

  async function open() {
    const mine = ++attempt;
    release();
    say("Asking for the camera …");
    try {
      const given = await openCamera(which.value);
      if (mine !== attempt) {
        given.getTracks().forEach((track) => track.stop());
        return;
      }
      stream = given;
    } catch (problem) {
      if (mine === attempt) say(problem.message);
      return;
    }
    stream.getVideoTracks()[0].addEventListener("ended", lost);
    video.srcObject = stream;
    await video.play().catch(() => {}); // it was replaced meanwhile
    await listCameras(which, stream);
    start.textContent = "Stop my camera";
    say("Connecting …");
    connection = new Connection("/camera", { opened, received });
  }

  function release() {
    connection?.close();
    connection = null;
    stream?.getTracks().forEach((track) => track.stop());
    stream = video.srcObject = null;
    start.textContent = "Use my camera";
    sent = rate = 0;
    clear();
  }

  function lost() {
    release();
    tell("");
    say("The camera is gone. Plug it in again, then choose “Use my camera”.");
  }

  function opened() {
    opening++;
    sent = 0;
    say("");
    send();
  }

  // Take the frame that the camera shows now, if none is under way.
  function send() {
    if (!connection || sent) return;
    if (!video.videoWidth) {
      requestAnimationFrame(send);
      return;
    }
    const scale = Math.min(1, LONGEST / Math.max(video.videoWidth, video.videoHeight));
    [small.width, small.height] = [video.videoWidth, video.videoHeight].map((side) => Math.round(side * scale));
    // What is read back is best never given to the graphics processor.
    small.getContext("2d", { alpha: false, willReadFrequently: true }).drawImage(video, 0, 0, small.width, small.height);
    const to = connection;
    sent = performance.now();
    small.toBlob(async (blob) => {
      const jpeg = await blob?.arrayBuffer(); // a blob itself would be read by another process first
      if (to !== connection) return;
      sent = performance.now();
      if (!jpeg || !to.send(jpeg)) sent = 0;
    }, "image/jpeg", QUALITY);
  }

  function received(text) {
    const reading = JSON.parse(text);
    if (reading.error) {
      say(reading.error);
      return;
    }
    draw(canvas, reading);
    const took = performance.now() - sent;
    canvas.dataset.took = took.toFixed(2);
    canvas.dataset.reading = reading.milliseconds;
    canvas.dataset.count = String(Number(canvas.dataset.count ?? 0) + 1);
    rate = rate ? 0.9 * rate + 0.1 * took : took;
    describe(reading.numbers.map((number) => number.text));
    numbers.add(reading.steady.map((row) => ({ ...row, id: `${session}-${opening}-${row.id}` })));
    tell(`${Math.round(rate)} ms from sending to the answer`);
    sent = 0;
    next();
  }

  // When the camera has a new frame; a page in the background has none, and rests.
  function next() {
    if (video.requestVideoFrameCallback) video.requestVideoFrameCallback(send);
    else requestAnimationFrame(send);
  }

  function clear() {
    canvas.width = canvas.width || 640;
    canvas.getContext("2d").clearRect(0, 0, canvas.width, canvas.height);
  }

  handlers.on(start, "click", () => {
    if (!stream) {
      open();
      return;
    }
    attempt++;
    release();
    tell("");
    say("Your camera is off.");
  });
  handlers.on(which, "change", () => stream && open());

  return () => {
    attempt++;
    handlers.end();
    release();
    video.hidden = true;
  };
}
