// Scenario: a receiver that takes the access tokens of an authorization server as it is installed.
// Guarantee: its client with the scope may send, no other; and while it is down, too.
import { afterEach, expect } from '@jest/globals'
import { startHarness } from '../../packages/receiver/test/harness.ts'
import { plainBody } from '../../packages/receiver/test/producer.ts'
import { type IssuerPeer, startHydra, startKeycloak } from './issuers.ts'
import { peerTest } from './peer-test.ts'

const cleanUps: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp()
})

async function prove(start: () => Promise<IssuerPeer>): Promise<void> {
  const peer = await start()
  cleanUps.push(() => peer.stop())
  // Hydra makes its signing key for the first token.
  const good = await peer.token('sender')
  const callers = { issuers: [{ issuer: peer.issuer, audience: 'grantlog' }] }
  await using receiver = await startHarness({ callers })
  const ask = async (token: string): Promise<number> => {
    const answer = await receiver.send(plainBody(), { authorization: `Bearer ${token}` })
    return answer.status
  }
  expect(await ask(good)).toBe(200)
  expect(await ask(await peer.token('stranger'))).toBe(403)
  expect(await ask(await peer.token('sender', 'other'))).toBe(401)
  const later = await peer.token('sender')
  await peer.stop()
  expect(await ask(later)).toBe(200)
  // One that never had its keys can say neither yes nor no.
  await using other = await startHarness({ callers })
  const answer = await other.send(plainBody(), { authorization: `Bearer ${good}` })
  expect(answer).toMatchObject({ status: 503 })
}

peerTest('tokens of Ory Hydra', ['hydra'], () => prove(() => startHydra()))
peerTest('tokens of Keycloak', ['keycloak'], () => prove(startKeycloak))
