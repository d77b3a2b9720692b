// A desktop's notification service, as small as the D-Bus protocol allows: it takes
// org.freedesktop.Notifications on the session bus and remembers what it was told.
import { connect } from "node:net";

const [CALL, RETURN, ERROR] = [1, 2, 3];
const HEADERS = { 1: "o", 2: "s", 3: "s", 4: "s", 5: "u", 6: "s", 7: "s", 8: "g" };
const FIELD = {
  path: 1,
  interface: 2,
  member: 3,
  error: 4,
  replyTo: 5,
  destination: 6,
  sender: 7,
  signature: 8,
};

/** Writes little-endian, aligned as the protocol wants. */
class Writer {
  bytes = [];

  align(to) {
    while (this.bytes.length % to) this.bytes.push(0);
    return this;
  }

  u32(value) {
    this.align(4).bytes.push(value & 255, (value >>> 8) & 255, (value >>> 16) & 255, value >>> 24);
    return this;
  }

  text(value) {
    const utf8 = Buffer.from(value);
    this.u32(utf8.length).bytes.push(...utf8, 0);
    return this;
  }

  signature(value) {
    this.bytes.push(value.length, ...Buffer.from(value), 0);
    return this;
  }
}

function message(type, serial, fields, signature = "", body = new Writer()) {
  const header = new Writer();
  for (const [name, value] of Object.entries(signature ? { ...fields, signature } : fields)) {
    const kind = HEADERS[FIELD[name]];
    header.align(8).bytes.push(FIELD[name]);
    header.signature(kind);
    if (kind === "u") header.u32(value);
    else if (kind === "g") header.signature(value);
    else header.text(value);
  }
  const whole = new Writer();
  whole.bytes.push("l".charCodeAt(0), type, 0, 1);
  whole
    .u32(body.bytes.length)
    .u32(serial)
    .u32(header.bytes.length)
    .bytes.push(...header.bytes);
  whole.align(8).bytes.push(...body.bytes);
  return Buffer.from(whole.bytes);
}

/** Reads one whole message from the front of `buffer`, or nothing if it is not all there. */
function parse(buffer) {
  if (buffer.length < 16) return undefined;
  const big = buffer[0] === "B".charCodeAt(0);
  const u32 = (at) => (big ? buffer.readUInt32BE(at) : buffer.readUInt32LE(at));
  const bodyAt = (16 + u32(12) + 7) & ~7;
  const end = bodyAt + u32(4);
  if (buffer.length < end) return undefined;
  const text = (at) => ({ value: buffer.toString("utf8", at + 4, at + 4 + u32(at)), next: at + 5 + u32(at) });
  const fields = {};
  for (let at = 16; at < 16 + u32(12);) {
    at = (at + 7) & ~7;
    const code = buffer[at];
    const kind = String.fromCharCode(buffer[at + 2]);
    at += 4; // code, signature "x\0" with its length
    if (kind === "u") [fields[code], at] = [u32((at + 3) & ~3), ((at + 3) & ~3) + 4];
    else if (kind === "g")
      [fields[code], at] = [buffer.toString("utf8", at + 1, at + 1 + buffer[at]), at + 2 + buffer[at]];
    else ({ value: fields[code], next: at } = text((at + 3) & ~3));
  }
  return { type: buffer[1], serial: u32(8), fields, end, bodyAt, u32, text };
}

/** The arguments of Notify that a person sees. */
function heard({ bodyAt, text }) {
  const app = text(bodyAt);
  const icon = text(((app.next + 3) & ~3) + 4); // after `replaces_id`
  const summary = text((icon.next + 3) & ~3);
  const body = text((summary.next + 3) & ~3);
  return { app: app.value, summary: summary.value, body: body.value };
}

/** Takes the name and listens; `notices` fills up as notifications come. */
export function listen(address = process.env.DBUS_SESSION_BUS_ADDRESS) {
  const path = /unix:path=([^,;]+)/.exec(address)[1];
  const socket = connect(path);
  const notices = [];
  let serial = 0;
  let ready;
  const taken = new Promise((resolve, reject) => ([ready, socket.failed] = [resolve, reject]));
  const bus = {
    path: "/org/freedesktop/DBus",
    interface: "org.freedesktop.DBus",
    destination: "org.freedesktop.DBus",
  };

  function answer(found) {
    const to = { replyTo: found.serial, destination: found.fields[FIELD.sender] };
    switch (found.fields[FIELD.member]) {
      case "Notify":
        notices.push(heard(found));
        return message(RETURN, ++serial, to, "u", new Writer().u32(notices.length));
      case "GetCapabilities":
        return message(RETURN, ++serial, to, "as", new Writer().u32(0));
      case "GetServerInformation": {
        const said = ["letan-e2e", "Nha khoa Việt Smile", "1", "1.2"].reduce(
          (body, part) => body.text(part),
          new Writer(),
        );
        return message(RETURN, ++serial, to, "ssss", said);
      }
      case "CloseNotification":
        return message(RETURN, ++serial, to);
      default:
        return message(ERROR, ++serial, { error: "org.freedesktop.DBus.Error.UnknownMethod", ...to });
    }
  }

  let buffer = Buffer.alloc(0);
  let greeted = false;
  socket.on("data", (chunk) => {
    buffer = Buffer.concat([buffer, chunk]);
    if (!greeted) {
      if (!buffer.includes("\r\n")) return;
      greeted = true;
      buffer = Buffer.alloc(0);
      socket.write("BEGIN\r\n");
      socket.write(message(CALL, ++serial, { ...bus, member: "Hello" }));
      const name = new Writer().text("org.freedesktop.Notifications").u32(4);
      socket.write(message(CALL, ++serial, { ...bus, member: "RequestName" }, "su", name));
      return;
    }
    for (let found; (found = parse(buffer)); buffer = buffer.subarray(found.end)) {
      if (found.type === CALL) socket.write(answer(found));
      else if (found.type === RETURN && found.fields[FIELD.replyTo] === 2) ready();
    }
  });
  socket.on("error", (error) => socket.failed(error));
  socket.write(`\0AUTH EXTERNAL ${Buffer.from(String(process.getuid())).toString("hex")}\r\n`);
  return { notices, ready: taken, close: () => socket.destroy() };
}
