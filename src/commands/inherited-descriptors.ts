import type { Listen } from '../web/listen-address.ts';
import { StartError } from './start-error.ts';

/** What systemd opened for this process: sd_listen_fds_with_names(3). */
export interface InheritedDescriptors {
  /** A listening socket, or null. */
  readonly socket: Listen | null;
  /** A socket that is connected to the service manager, or null. */
  readonly notify: number | null;
}

/** SD_LISTEN_FDS_START. */
const FIRST_DESCRIPTOR = 3;
/** `OpenFile=/run/systemd/notify:notify` in the unit gives the descriptor this name. */
const NOTIFY_NAME = 'notify';

/**
 * Reads what was handed over to the process `pid`. Throws a `StartError` where several sockets were: all but one would
 * accept connections that nobody answers.
 */
export function inheritedDescriptors(
  env: Readonly<Record<string, string | undefined>>,
  pid: number,
): InheritedDescriptors {
  // A child inherits the variables, but not the descriptors.
  if (env['LISTEN_PID'] !== String(pid)) return { socket: null, notify: null };
  const names = (env['LISTEN_FDNAMES'] ?? '').split(':');
  const descriptors = Array.from({ length: Number(env['LISTEN_FDS']) }, (_, index) => FIRST_DESCRIPTOR + index);
  const isNotify = (descriptor: number) => names[descriptor - FIRST_DESCRIPTOR] === NOTIFY_NAME;
  const sockets = descriptors.filter((descriptor) => !isNotify(descriptor));
  if (sockets.length > 1) {
    throw new StartError(
      `systemd handed over ${sockets.length} sockets, expected one ListenStream= in the .socket unit`,
    );
  }
  const [fd] = sockets;
  return { socket: fd === undefined ? null : { kind: 'fd', fd }, notify: descriptors.find(isNotify) ?? null };
}
