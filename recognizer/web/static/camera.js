// Asks for the camera, and says in plain words what to do when it isn't given.

const SIZE = { width: { ideal: 1280 }, height: { ideal: 720 } };

// Its stream; an Error with words for people when there is none.
export async function openCamera(which) {
  if (!window.isSecureContext || !navigator.mediaDevices?.getUserMedia) {
    throw new Error("Browsers give the camera to secure pages only, and this one isn’t. Start the program with --tls, " +
      "and open the address that begins with https. Or open this page on the program’s own machine.");
  }
  const facing = ["environment", "user"].includes(which);
  try {
    return await navigator.mediaDevices.getUserMedia({
      video: { ...SIZE, ...(facing ? { facingMode: which } : { deviceId: { exact: which } }) },
    });
  } catch (problem) {
    throw new Error(words(problem));
  }
}

function words({ name, message }) {
  switch (name) {
    case "NotAllowedError":
    case "SecurityError":
      return "The camera was not allowed. Allow it with the camera or lock sign beside the address, " +
        "and in the system’s settings for this browser; then choose “Use my camera” again.";
    case "NotFoundError":
    case "OverconstrainedError":
      return "No camera was found. Plug one in, or choose another one in the list; then choose “Use my camera” again.";
    case "NotReadableError":
    case "AbortError":
      return "The camera is in use by another program. Close that one, then choose “Use my camera” again.";
    default:
      return `The camera can’t be opened (${message || name}). Try again, or use another browser.`;
  }
}

// List all cameras by their names, which browsers tell only after one was allowed.
export async function listCameras(select, stream) {
  const devices = (await navigator.mediaDevices.enumerateDevices()).filter(({ kind }) => kind === "videoinput");
  const known = new Set([...select.options].map((option) => option.value));
  for (const { deviceId, label } of devices) {
    if (deviceId && label && !known.has(deviceId)) select.append(new Option(label, deviceId));
  }
  const used = stream.getVideoTracks()[0].getSettings();
  if (!["environment", "user"].includes(select.value)) select.value = used.deviceId ?? select.value;
}
