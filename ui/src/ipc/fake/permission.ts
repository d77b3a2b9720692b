// The light of an invented inquiry.
import type { ConsultReason, Light, Permission } from "../backend";
import type { Inquiry } from "./clinic";

export function permission(one: Inquiry): Permission {
  const ticked = one.promo && one.source === "web";
  const answer = (consult: Light, ...consultReasons: ConsultReason[]): Permission => ({
    consult,
    consultReasons,
    promo: ticked ? "amber" : "red",
    promoReasons: [ticked ? "chosenUnconfirmed" : one.source === "web" ? "notChosen" : "notAsked"],
    promoChannels: { call: false, sms: false, zalo: ticked, email: false },
  });
  if (!one.digits) return answer("red", "unreadable");
  if (one.state === "wrongNumber") return answer("red", "wrongNumber");
  if (one.suspect) return answer("amber", "suspect");
  if (one.warnings.includes("maybeOldLandline")) return answer("amber", "ambiguousNumber");
  if (one.state === "declined") return answer("amber", "declined");
  return answer("green", "asked");
}
