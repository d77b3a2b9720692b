// The parts of the settings in their order, and who is offered which.
import type { Component } from "svelte";
import DatabaseBackup from "@lucide/svelte/icons/database-backup";
import Info from "@lucide/svelte/icons/info";
import Monitor from "@lucide/svelte/icons/monitor-cog";
import Desks from "@lucide/svelte/icons/monitor-smartphone";
import Server from "@lucide/svelte/icons/server";
import Users from "@lucide/svelte/icons/users-round";
import type { Power } from "../../ipc/backend";
import type { App, Section } from "../../state/app.svelte";
import AboutSection from "./AboutSection.svelte";
import BackupsSection from "./BackupsSection.svelte";
import DesksSection from "./DesksSection.svelte";
import MachineSection from "./MachineSection.svelte";
import PeopleSection from "./PeopleSection.svelte";
import ServerSection from "./ServerSection.svelte";

interface Part {
  id: Section;
  icon: Component<{ size?: number; strokeWidth?: number }>;
  /** Offered to those who have one of these; empty to everybody. */
  powers: readonly Power[];
  part: Component;
}

const SECTIONS: readonly Part[] = [
  { id: "machine", icon: Monitor, powers: ["changeSettings"], part: MachineSection },
  { id: "desks", icon: Desks, powers: [], part: DesksSection },
  { id: "people", icon: Users, powers: ["managePeople", "setPins"], part: PeopleSection },
  { id: "backups", icon: DatabaseBackup, powers: ["manageBackup"], part: BackupsSection },
  { id: "server", icon: Server, powers: ["manageServer", "manageKit"], part: ServerSection },
  { id: "about", icon: Info, powers: [], part: AboutSection },
];

export const sectionsFor = (app: App): readonly Part[] =>
  SECTIONS.filter(({ powers }) => powers.length === 0 || powers.some((power) => app.may(power)));
