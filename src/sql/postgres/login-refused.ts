import { RefreshError } from '../../model/failure.ts';

/** We do not do what the server wants for a login. */
export function loginRefused(text: string): RefreshError {
  return new RefreshError('auth', `${text}; give the user a SCRAM password and set it here`, { endedBy: null });
}
