import type { Mariadb } from '../../test/support/mariadb.ts';
import type { Peers } from './peers.ts';

/** One question that is measured, such as what a scrape costs. */
export interface Subject {
  readonly name: string;
  /** What is measured, in a sentence. */
  readonly about: string;
  run(bench: Bench): Promise<Report>;
}

/** What subjects share. */
export interface Bench {
  readonly peers: Peers;
  /** A MariaDB with a million orders, started at the first call. */
  database(): Promise<Mariadb>;
  /** The commit, or the folder of one, that is compared with; null: the subject's own choice. */
  readonly before: string | null;
  /** Says on standard error what is going on. */
  progress(text: string): void;
}

export interface Report {
  readonly tables: readonly Table[];
  readonly goals: readonly Goal[];
}

/** A report with what it is of. */
export interface MeasuredSubject extends Report {
  readonly name: string;
  readonly about: string;
  /** The peers that are not on this machine, one line each. */
  readonly notRun: readonly string[];
  /** How long it took to measure, with what it started. */
  readonly seconds: number;
}

export interface Table {
  readonly title: string;
  /** With units. */
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Value[])[];
}

/** Null: not run, because the peer is not there or the case would take too long. */
export type Value = string | number | null;

/** Something that the project promises of itself. */
export interface Goal {
  readonly text: string;
  readonly limit: number;
  readonly isUpper: boolean;
  /** Null: not measured. */
  readonly value: number | null;
}

export function atMost(limit: number, text: string, value: number | null): Goal {
  return { text, limit, isUpper: true, value };
}

export function atLeast(limit: number, text: string, value: number | null): Goal {
  return { text, limit, isUpper: false, value };
}

export function isMet({ limit, isUpper, value }: Goal): boolean | null {
  if (value === null) return null;
  return isUpper ? value <= limit : value >= limit;
}

/** Null where one of the two was not measured. */
export function ratio(a: number | null, b: number | null): number | null {
  return a === null || b === null || b === 0 ? null : a / b;
}
