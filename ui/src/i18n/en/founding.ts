// English words of founding a clinic.
import type { founding as words } from "../vi/founding";
import type { Widen } from "../vi";

export const founding: Widen<typeof words> = {
  founding: {
    steps: "Steps",
    step: (n, of) => `Step ${n} of ${of}`,
    names: {
      clinic: "Clinic",
      desk: "This PC",
      kit: "Recovery kit",
      check: "Check",
      server: "Website server",
      done: "Done",
    },
    welcome: "Welcome to Lễ Tân",
    welcomeHint: "It takes about five minutes. You need a printer, or paper and a pen.",
    clinicLabel: "Name of the clinic",
    clinicPlaceholder: "Nha khoa Nụ Cười Việt",
    branchLabel: "Branch of this PC",
    branchPlaceholder: "CN Quận 1",
    deskTitle: "This PC and you",
    deskHint: "Every PC has a name of its own, to know who did what and where.",
    deskLabel: "Name of this PC",
    deskPlaceholder: "Front desk 1",
    personLabel: "Your full name",
    personPlaceholder: "Trần Thị Mai",
    found: "Found the clinic",
    kitTitle: "24 words that save the data",
    kitHint:
      "If this PC breaks or Windows loses its key, these 24 words are the only way to open the data again. They are shown once. Print them and keep them where only the owner can get at them.",
    kitWords: "24 recovery words",
    kitQr: "QR code of the 24 words",
    kitPrint: "Print the recovery sheet",
    kitPrintTitle: "Recovery sheet",
    kitPrintHint:
      "Whoever has this sheet can open the customers' data. Keep it in a safe. No photographs, no Zalo, no email.",
    kitDone: "The paper is put away safely",
    checkTitle: "Let's see that the paper is right",
    checkHint: "Look at the paper and type these three words.",
    checkWord: (n) => `Word ${n}`,
    checkDo: "Check",
    serverTitle: "Connect to the website",
    serverHint:
      "The server receives the visitors' forms and holds only sealed copies: only the clinic's PCs can read them. The one-time code is shown on the server's console at its first start.",
    serverAddress: "Server address",
    serverCode: "One-time code",
    serverConnect: "Connect",
    serverSkip: "Skip, connect later in Settings",
    doneTitle: "All set",
    doneHint: "This PC is ready. The data is encrypted; its key is in the operating system's keychain.",
    doneServer: (server) =>
      `Connected to ${server}. Forms that visitors send appear here after a few seconds.`,
    doneNoServer: "No website connected yet: you can still add inquiries by hand.",
    start: "Start working",
    required: "Please fill this in.",
  },
};
