// The list of the numbers that stood still: shown, spoken, and handed out as a table.

import { download, element, named } from "./page.js";

const COLUMNS = ["source", "frame", "time", "text", "confidence", "x", "y", "w", "h"]; // as --csv has them
const MOST = 500; // rows

export class Numbers {
  #rows = new Map(); // by id, in the order in which they came
  #body = element("rows");
  #csv = element("csv");

  constructor() {
    this.#body.replaceChildren();
    this.#csv.onclick = () => download(new Blob([this.table()], { type: "text/csv" }), named("csv"));
    this.#tidy();
  }

  // Add those that aren't known yet; the newest stand first.
  add(rows) {
    const fresh = rows.filter((row) => !this.#rows.has(row.id));
    for (const row of fresh) {
      this.#rows.set(row.id, row);
      this.#body.prepend(line(row));
    }
    while (this.#rows.size > MOST) {
      this.#rows.delete(this.#rows.keys().next().value);
      this.#body.lastElementChild.remove();
    }
    if (fresh.length) {
      element("said").textContent = fresh.slice(-5).map((row) => row.text).join(", ");
      this.#tidy();
    }
  }

  // All of them as CSV, the oldest first.
  table() {
    const rows = [...this.#rows.values()].map((row) =>
      [row.source, row.frame, row.time, row.text, row.confidence, ...row.box].map(quoted).join(","));
    return [COLUMNS.join(","), ...rows, ""].join("\n");
  }

  #tidy() {
    this.#csv.disabled = this.#rows.size === 0;
    element("none").hidden = this.#rows.size > 0;
  }
}

function line(row) {
  const cells = [clock(row.time), row.text, `${Math.round(100 * row.confidence)}%`];
  const shown = document.createElement("tr");
  for (const [place, text] of cells.entries()) {
    const cell = document.createElement("td");
    cell.textContent = text;
    if (place === 1) cell.className = "number";
    shown.append(cell);
  }
  return shown;
}

// Seconds since the start, as 0:04.2 or 1:02:03.4.
function clock(seconds) {
  const tenths = Math.round(10 * seconds);
  const [hours, minutes] = [Math.floor(tenths / 36_000), Math.floor(tenths / 600) % 60];
  const rest = ((tenths % 600) / 10).toFixed(1).padStart(4, "0");
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

function quoted(value) {
  const text = String(value);
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
