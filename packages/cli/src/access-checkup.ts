// The checks of `grantlog doctor` on who may send, and on the certificate of the OTLP port. See
// access-checkup.test.ts.
import type { AccessStatus, TlsStatus } from '@grantlog/receiver'
import type { Check } from './check.ts'

const soonDays = 14

/** An older receiver does not say it. */
export function checkAccessOf({ access }: { readonly access?: AccessStatus }): Check[] {
  if (access === undefined) return []
  const { asks, insecure, refused, tls } = access
  return [
    ...insecure.map((what): Check => ({ code: 'ACCESS', status: 'weak', what, fix: bindFix })),
    ...(asks.length === 0 ? [] : [asked(asks, refused)]),
    ...(tls === null ? [] : [checkCertificate(tls)]),
  ]
}

const bindFix = 'Give otlp.tls and who may send (clientCa or callers), or listen on 127.0.0.1.'

function asked(asks: AccessStatus['asks'], refused: number): Check {
  const what = `senders show a ${asks.join(' or a ')}; ${refused} requests were refused`
  return { code: 'CALLERS', status: 'ok', what }
}

function checkCertificate({ daysLeft, failing, keyIsOpen, notAfter, refused }: TlsStatus): Check {
  const ends = daysLeft < 0 ? `ended on ${notAfter}` : `ends in ${daysLeft} days`
  const faults: [string, string][] = []
  if (failing !== null) {
    faults.push([`what lies in its files is not used (${failing})`, 'Mend or restore the files.'])
  }
  if (daysLeft <= soonDays) faults.push(['', 'Renew it: the receiver reads it within 10 seconds.'])
  if (keyIsOpen) faults.push(['others may read its key', 'chmod 600 the key file.'])
  const told = faults.map(([what]) => what).filter((what) => what !== '')
  const what = [`the certificate of the OTLP port ${ends}`, ...told].join('; ')
  const handshakes = refused === 0 ? '' : `; ${refused} handshakes failed`
  if (faults.length === 0) return { code: 'TLS', status: 'ok', what: what + handshakes }
  const status = daysLeft < 0 ? 'broken' : 'weak'
  const fix = faults.map(([, each]) => each).join(' ')
  return { code: 'TLS', status, what: what + handshakes, fix }
}
