// Scenario: findings are told to a real rsyslogd over TLS, and over TCP, one of them with text that
// would end a message or an element. Guarantee: it has a message for each, with the fields of the
// finding as rsyslog itself reads them, and nothing else.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from '@jest/globals'
import type { Notice } from '../../packages/detect/src/alerts/channel.ts'
import { syslog } from '../../packages/detect/src/alerts/syslog.ts'
import { sendSyslog } from '../../packages/detect/src/io/syslog.ts'
import { findingStateOf } from '../../packages/detect/test/detections.ts'
import { createAuthority, HERE } from '../certificates.ts'
import { peerTest } from './peer-test.ts'
import { freeAddresses, type Peer, poll, spawnPeer } from './peers.ts'

interface Written {
  readonly pri: string
  readonly msgid: string
  readonly host: string
  readonly words: string
  readonly data: Readonly<Record<string, Readonly<Record<string, string>>>>
}

/** It reads structured data itself (mmpstrucdata), and writes a line of JSON for each message. */
const configOf = (dir: string, [tcp, tls]: readonly string[]): string => String.raw`
global(workDirectory="${dir}" maxMessageSize="8k" defaultNetstreamDriver="ossl"
  defaultNetstreamDriverCAFile="${dir}/ca.pem" defaultNetstreamDriverCertFile="${dir}/own.pem"
  defaultNetstreamDriverKeyFile="${dir}/own.key")
module(load="imtcp")
module(load="mmpstrucdata")
input(type="imtcp" address="127.0.0.1" port="${tcp}" streamDriver.name="ptcp"
  streamDriver.mode="0" streamDriver.authMode="anon")
input(type="imtcp" address="127.0.0.1" port="${tls}" streamDriver.name="ossl"
  streamDriver.mode="1" streamDriver.authMode="x509/certvalid")
template(name="line" type="list") {
  constant(value="{\"pri\":\"") property(name="pri")
  constant(value="\",\"msgid\":\"") property(name="msgid" format="json")
  constant(value="\",\"host\":\"") property(name="hostname" format="json")
  constant(value="\",\"words\":\"") property(name="msg" format="json")
  constant(value="\",\"data\":") property(name="$!rfc5424-sd") constant(value="}\n")
}
action(type="mmpstrucdata")
action(type="omfile" file="${dir}/written" template="line")
`

const hostile = '"] <34>1 - su - - - root\n11 <34>1 - su -\r\u2028\\'
const shown = hostile.replaceAll(/[\n\r\u2028]/g, '\u{FFFD}')

peerTest('rsyslogd reads findings as what they are', ['rsyslogd'], async () => {
  const ports = (await freeAddresses(2)).map((address) => address.split(':')[1]!)
  const authority = await createAuthority()
  const own = await authority.issue({ san: HERE, commonName: 'localhost' })
  const client = await authority.issue({ commonName: 'grantlog' })
  const flags = (dir: string): string[] => {
    const files = { 'ca.pem': authority.cert, 'own.pem': own.cert, 'own.key': own.key }
    for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text)
    writeFileSync(join(dir, 'rsyslog.conf'), configOf(dir, ports))
    return ['-n', '-f', join(dir, 'rsyslog.conf'), '-i', join(dir, 'pid')]
  }
  const peer = spawnPeer('rsyslogd', flags, {})
  try {
    const [tcp, tls] = ports
    const at = { ca: authority.cert, cert: client.cert, key: client.key }
    const notice = (n: number, more: object = {}): Notice => ({
      ...{ finding: findingStateOf(n, more), kind: 'found', index: n },
    })
    const group = [['oauth.client.id', hostile] as const, ['session.id', 'p1.a'] as const]
    const first = notice(7, { group, words: hostile })
    await sent(peer, { url: `tls://127.0.0.1:${tls}`, tls: at }, [first, notice(8)])
    await sent(peer, { url: `tcp://127.0.0.1:${tcp}` }, [notice(9)])
    const lines = (): string[] => written(peer).split('\n').slice(0, -1)
    await poll(peer, () => lines().length >= 3)
    const told = lines().map((line) => JSON.parse(line) as Written)
    expect(told).toMatchObject([
      {
        ...{ pri: '83', msgid: 'aaaaaaaa7a4c4cc19d4e000000000001', host: 'log.example' },
        words: `\u{FEFF}${shown}`,
        data: {
          'grantlog@32473': { id: first.finding.id, level: 'high', attack: 'T1528', records: '7' },
          'about@32473': { 'oauth.client.id': shown, 'session.id': 'p1.a' },
        },
      },
      { words: '\u{FEFF}Something happened.', data: { 'grantlog@32473': { leaf: '8' } } },
      { words: '\u{FEFF}Something happened.', data: { 'grantlog@32473': { leaf: '9' } } },
    ])
    // One without a certificate is not let in, and is not told that it was.
    const delivery = (await channelOf('tls').request([notice(10)], 0))!
    const stranger = { url: `tls://127.0.0.1:${tls}`, tls: { ca: authority.cert } }
    expect(await sendSyslog(stranger, delivery)).toMatchObject({ outcome: 'later' })
    expect(lines()).toHaveLength(3)
  } finally {
    await peer.stop()
  }
})

function channelOf(url: string) {
  return syslog({
    ...{ name: 'siem', url, level: 'low', facility: 'authpriv' },
    ...{ hostname: 'log.example', enterprise: 32_473 },
  })
}

/** As soon as it listens. */
async function sent(
  peer: Peer,
  to: Parameters<typeof sendSyslog>[0],
  notices: readonly Notice[],
): Promise<void> {
  const delivery = (await channelOf(to.url).request(notices, 0))!
  await poll(peer, async () => (await sendSyslog(to, delivery)).outcome === 'taken')
}

function written({ dir }: Peer): string {
  try {
    return readFileSync(join(dir, 'written'), 'utf8')
  } catch {
    return ''
  }
}
