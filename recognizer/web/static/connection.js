// A WebSocket to this server that is opened anew by itself when it is lost.

import { say } from "./page.js";

const FIRST_PAUSE = 500; // milliseconds
const LONGEST_PAUSE = 4000;

export class Connection {
  #socket = null;
  #pause = FIRST_PAUSE;
  #timer = 0;
  #over = false;

  // `opened` is called after each opening, `received` with each message.
  constructor(path, { opened, received }) {
    this.url = new URL(path, location.href);
    this.url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    this.opened = opened;
    this.received = received;
    this.#open();
  }

  #open() {
    const socket = (this.#socket = new WebSocket(this.url));
    socket.binaryType = "arraybuffer";
    socket.addEventListener("open", () => {
      say("");
      this.opened();
    });
    socket.addEventListener("message", (event) => {
      this.#pause = FIRST_PAUSE;
      this.received(event.data);
    });
    socket.addEventListener("close", () => this.#lost());
  }

  async #lost() {
    if (this.#over) return;
    say(await reason());
    if (this.#over) return;
    this.#timer = setTimeout(() => this.#open(), this.#pause);
    this.#pause = Math.min(2 * this.#pause, LONGEST_PAUSE);
  }

  // Send if it is open; whether it was.
  send(data) {
    if (this.#socket.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(data);
    return true;
  }

  close() {
    this.#over = true;
    clearTimeout(this.#timer);
    this.#socket.close();
  }
}

// Why the connection is lost, as far as the server says.
async function reason() {
  try {
    const answer = await fetch("/about.json");
    if (answer.status === 401) return "The program was started anew. Open the address that it has printed now.";
    if (!answer.ok) return `The server says: ${await answer.text()} Trying again …`;
  } catch {
    return "The server doesn’t answer. Is the program running? Trying again …";
  }
  return "The connection is lost. Trying again …";
}
