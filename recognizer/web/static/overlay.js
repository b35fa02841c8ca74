// Draws boxes, labels and numbers over the video, in pixels of the frame that was read.

const DIGIT = "#5ae65a";
const NUMBER = "#3cbeff";
const SMALL = 90; // units that a small digit is high at most: its number's caption stands instead of its label

export function draw(canvas, { size: [width, height], digits, numbers }) {
  if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
  const context = canvas.getContext("2d");
  context.clearRect(0, 0, width, height);
  const unit = Math.max(0.5, Math.min(width, height) / 900);
  const captioned = new Set();
  for (const { text, digits: places } of numbers) {
    if (text.length > 1 && places.every((place) => digits[place].box[3] <= SMALL * unit)) places.forEach((p) => captioned.add(p));
  }
  for (const [place, { label, confidence, box }] of digits.entries()) {
    outline(context, box, unit);
    const large = box[3] > SMALL * unit;
    const words = large ? `${label} ${Math.round(100 * confidence)}%` : String(label);
    if (!captioned.has(place)) plate(context, words, box[0], box[1] - 4 * unit, 24 * unit, DIGIT);
  }
  for (const { text, box, digits: places } of numbers) {
    if (text.length < 2) continue;
    const above = places.every((place) => captioned.has(place));
    plate(context, text, box[0], above ? box[1] - 4 * unit : box[1] + box[3] + 50 * unit, 34 * unit, NUMBER);
  }
}

function outline(context, [x, y, w, h], unit) {
  for (const [colour, thick] of [["#000", 6], [DIGIT, 3]]) {
    context.strokeStyle = colour;
    context.lineWidth = Math.max(1, thick * unit);
    context.strokeRect(x - 2 * unit, y - 2 * unit, w + 4 * unit, h + 4 * unit);
  }
}

// Coloured words on a black plate whose lower left corner is at x, y, moved into the picture.
function plate(context, words, x, y, size, colour) {
  const pad = size / 6;
  context.font = `600 ${Math.max(12, size)}px system-ui, sans-serif`;
  context.textBaseline = "alphabetic";
  const wide = context.measureText(words).width + 2 * pad;
  const high = Math.max(12, size) + 2 * pad;
  const left = Math.max(0, Math.min(x, context.canvas.width - wide));
  const low = Math.min(context.canvas.height, Math.max(y, high));
  context.fillStyle = "#000";
  context.fillRect(left, low - high, wide, high);
  context.fillStyle = colour;
  context.fillText(words, left + pad, low - 1.6 * pad);
}
