/** Ends with 1 and one line where this machine cannot boot a container: `npm run test:systemd` begins with it. */
import { requireRootAnd } from '../support/needs.ts';

requireRootAnd('test:systemd', {
  'systemd-nspawn': 'systemd-container',
  debootstrap: 'debootstrap',
  'dpkg-deb': 'dpkg',
  nsenter: 'util-linux',
  strip: 'binutils',
});
