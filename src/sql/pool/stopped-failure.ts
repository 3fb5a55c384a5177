import { formatDuration } from '../../language/duration.ts';
import type { Deadline } from '../../model/deadline.ts';
import { type FailureReason, RefreshError } from '../../model/failure.ts';

/** What a run was doing when it was stopped. */
export type Phase = 'waiting' | 'connecting' | 'deciding' | 'working';

const REASON: Readonly<Record<Phase, FailureReason>> = {
  waiting: 'busy',
  connecting: 'connect',
  deciding: 'timeout',
  working: 'timeout',
};

const TEXT: Readonly<Record<Phase, (timeout: string) => string>> = {
  waiting: (timeout) =>
    `no connection became free within its timeout of ${timeout}; raise max_connections or intervals`,
  connecting: (timeout) => `no connection within its timeout of ${timeout}`,
  deciding: (timeout) =>
    `in when: it took longer than the timeout of ${timeout} and was stopped; make it cheaper or raise the timeout`,
  working: (timeout) =>
    `it took longer than its timeout of ${timeout} and was stopped; make it cheaper or raise its timeout`,
};

/** Why a run ended that its deadline ended. */
export function stoppedFailure(phase: Phase, deadline: Deadline, outer: Deadline): RefreshError {
  const text = deadline.hasPassed ? TEXT[phase](formatDuration(outer.limitMs)) : 'it was stopped before its end';
  return new RefreshError(REASON[phase], text);
}
