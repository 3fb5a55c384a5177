import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RefreshError } from '../../src/model/failure.ts';
import { Scram } from '../../src/sql/postgres/scram.ts';

// The example of RFC 7677, section 3.
const NONCE = 'rOprNGfwEbeRWgbNEkqO';
const SERVER_FIRST = 'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096';
const SERVER_FINAL = 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=';

describe('an exchange of SCRAM-SHA-256', () => {
  it('says what the RFC says', async () => {
    const scram = new Scram('pencil', NONCE, 'user');
    assert.equal(scram.first(), 'n,,n=user,r=rOprNGfwEbeRWgbNEkqO');
    assert.equal(
      await scram.final(SERVER_FIRST),
      'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
    );
    scram.verify(SERVER_FINAL);
  });

  it('refuses a server that does not know the password', async () => {
    const scram = new Scram('pencil', NONCE, 'user');
    assert.throws(() => scram.verify('v='), RefreshError);
    await scram.final(SERVER_FIRST);
    for (const wrong of [SERVER_FINAL.replace('6rri', '6rrj'), 'v=', '', 'e=other-error']) {
      assert.throws(() => scram.verify(wrong), RefreshError, wrong);
    }
  });

  it('refuses a nonce that is not its own, or that the server added nothing to', async () => {
    for (const nonce of ['another', NONCE, `x${NONCE}y`]) {
      const scram = new Scram('pencil', NONCE);
      await assert.rejects(scram.final(`r=${nonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`), RefreshError);
    }
  });

  it('refuses iterations that are no number or would never end', async () => {
    for (const iterations of ['0', '-1', '4096x', '', '2000000000', '1000001']) {
      const scram = new Scram('pencil', NONCE);
      await assert.rejects(scram.final(`r=${NONCE}x,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=${iterations}`), RefreshError);
    }
  });

  it('prepares a password as the server does', async () => {
    const proofOf = (password: string): Promise<string> => new Scram(password, NONCE).final(SERVER_FIRST);
    const plain = await proofOf('I X 1');
    assert.equal(await proofOf('I\u00a0X\u2003\u2460'), plain);
    assert.equal(await proofOf('I\u00ad X\u200d \ufeff1'), plain);
    assert.equal(await proofOf('p\u0061\u0308ss'), await proofOf('p\u00e4ss'));
    // One that cannot be prepared is taken as it is.
    assert.notEqual(await proofOf('\u2460\u0007'), await proofOf('1\u0007'));
  });
});
