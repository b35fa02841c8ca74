// What all parts of the page use: its elements, its message, its canvas.

export const element = (id) => document.getElementById(id);

const message = element("message");
const state = element("state");

// Words over the picture; none takes them away.
export function say(words) {
  if (message.textContent !== words) message.textContent = words;
}

// The line below the picture.
export function tell(words, lost = false) {
  state.textContent = words;
  state.classList.toggle("lost", lost);
}

// What the picture shows, for those who don't see it.
export function describe(texts) {
  const words = texts.length ? `The picture shows ${texts.join(", ")}` : "The picture shows no number";
  const canvas = element("canvas");
  if (canvas.getAttribute("aria-label") !== words) canvas.setAttribute("aria-label", words);
}

// Calls that belong to one way of using the page, and end with it.
export class Handlers {
  #ends = new AbortController();

  on(target, event, call) {
    target.addEventListener(event, call, { signal: this.#ends.signal });
  }

  end() {
    this.#ends.abort();
  }
}

export function download(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

// A file's name with the time in it, such as digits-2026-11-26-10-30-05.
export function named(ending) {
  const now = new Date(Date.now() - 60_000 * new Date().getTimezoneOffset());
  return `digits-${now.toISOString().slice(0, 19).replaceAll(/[T:]/g, "-")}.${ending}`;
}
