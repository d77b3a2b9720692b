// The palette's list: only what makes sense right now.
import type { Component } from "svelte";
import CloudUpload from "@lucide/svelte/icons/cloud-upload";
import Copy from "@lucide/svelte/icons/copy";
import Download from "@lucide/svelte/icons/download";
import Inbox from "@lucide/svelte/icons/inbox";
import KeyRound from "@lucide/svelte/icons/key-round";
import Keyboard from "@lucide/svelte/icons/keyboard";
import Languages from "@lucide/svelte/icons/languages";
import List from "@lucide/svelte/icons/list";
import Lock from "@lucide/svelte/icons/lock";
import LogOut from "@lucide/svelte/icons/log-out";
import MessageCircle from "@lucide/svelte/icons/message-circle";
import Pencil from "@lucide/svelte/icons/pencil";
import Phone from "@lucide/svelte/icons/phone";
import PhoneCall from "@lucide/svelte/icons/phone-call";
import Printer from "@lucide/svelte/icons/printer";
import RotateCcw from "@lucide/svelte/icons/rotate-ccw";
import Search from "@lucide/svelte/icons/search";
import Settings from "@lucide/svelte/icons/settings";
import SunMoon from "@lucide/svelte/icons/sun-moon";
import Upload from "@lucide/svelte/icons/upload";
import UserCheck from "@lucide/svelte/icons/user-check";
import UserPlus from "@lucide/svelte/icons/user-plus";
import Users from "@lucide/svelte/icons/users-round";
import { i18n } from "../i18n/index.svelte";
import type { Chip } from "../ipc/backend";
import type { App } from "../state/app.svelte";
import { OUTCOMES, recordCommands } from "../state/record";

export interface Command {
  name: string;
  key?: string;
  icon: Component<{ size?: number }>;
  run: () => unknown;
}

const CHIPS: readonly Chip[] = ["all", "new", "today", "overdue", "mine", "open", "suspect"];

function onRecord(app: App): Command[] {
  const { t } = i18n;
  const can = recordCommands(app);
  const list: (Command | false | undefined)[] = [
    can.call && { name: t.palette.call, key: "F6", icon: Phone, run: can.call },
    can.copy && { name: t.palette.copy, icon: Copy, run: can.copy },
    can.zalo && { name: t.palette.zalo, icon: MessageCircle, run: can.zalo },
    can.edit && { name: t.palette.edit, key: "F2", icon: Pencil, run: can.edit },
    can.takeOn && { name: t.palette.takeOn, icon: UserCheck, run: can.takeOn },
    can.print && { name: t.palette.print, key: "Ctrl P", icon: Printer, run: can.print },
  ];
  const outcomes = can.outcome
    ? OUTCOMES.map((outcome, n) => ({
        name: t.palette.outcome(t.outcome[outcome]),
        key: `Ctrl ${n + 1}`,
        icon: PhoneCall,
        run: () => can.outcome?.(outcome),
      }))
    : [];
  return [...list.filter((one) => !!one), ...outcomes];
}

export function commandsOf(app: App): Command[] {
  const { t } = i18n;
  const dark = document.documentElement.dataset.theme === "dark";
  const show = (chip: Chip) => () => {
    app.pane = "leads";
    return app.leads.load({ text: "", chip });
  };
  return [
    ...onRecord(app),
    { name: t.palette.search, key: "Ctrl F", icon: Search, run: () => app.toSearch() },
    {
      name: t.palette.newLead,
      key: "Ctrl N",
      icon: UserPlus,
      run: () => {
        app.pane = "leads";
        app.leads.startNew();
      },
    },
    ...(app.undo.done?.takeBack
      ? [{ name: t.palette.undo, key: "Ctrl Z", icon: RotateCcw, run: () => app.takeBack() }]
      : []),
    ...CHIPS.map((chip) => ({ name: t.palette.show(t.chip[chip]), icon: List, run: show(chip) })),
    { name: t.palette.goLeads, key: "Alt 1", icon: Inbox, run: () => (app.pane = "leads") },
    { name: t.palette.goSettings, key: "Alt 2", icon: Settings, run: () => (app.pane = "settings") },
    ...(app.desk?.server
      ? [
          {
            name: t.palette.sync,
            icon: CloudUpload,
            run: () => app.backend.syncNow().catch((error: unknown) => app.fail(error)),
          },
        ]
      : []),
    ...(app.may("carryBundles")
      ? [
          { name: t.desks.stick.out, icon: Upload, run: () => (app.stick = "out" as const) },
          { name: t.desks.stick.in, icon: Download, run: () => (app.stick = "in" as const) },
        ]
      : []),
    { name: t.palette.theme, icon: SunMoon, run: () => app.change({ theme: dark ? "light" : "dark" }) },
    {
      name: t.palette.language,
      icon: Languages,
      run: () => app.change({ language: i18n.language === "vi" ? "en" : "vi" }),
    },
    { name: t.palette.shortcuts, key: "F1", icon: Keyboard, run: () => (app.overlay = "shortcuts") },
    ...(app.session?.person
      ? [
          { name: t.people.chip.switch, key: "Ctrl L", icon: Users, run: () => app.lock() },
          { name: t.people.pin.change, icon: KeyRound, run: () => (app.overlay = "pin") },
        ]
      : [{ name: t.palette.lock, key: "Ctrl L", icon: Lock, run: () => app.lock() }]),
    { name: t.desks.palette.quit, icon: LogOut, run: () => app.quit() },
  ];
}
