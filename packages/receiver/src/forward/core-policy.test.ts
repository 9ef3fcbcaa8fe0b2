// Scenario: the policy of an edge, or of its core, cannot be read, while both run and when they
// start. Guarantee: the one that has it tells of it and goes on under what it sealed last; the
// other does not notice, and records go on to the core.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { edgeAndCore } from '../../test/edge-and-core.ts'
import { eventually, type Harness, newData } from '../../test/harness.ts'
import { createProducer, recordSpans, signedBody } from '../../test/producer.ts'

const producer = createProducer()
const limits = { backoffMinMs: 1, backoffMaxMs: 4, sinkPaceMs: 0, policyLookMs: 5 }
const { newCoreData, startEdge, started } = edgeAndCore({ producers: [producer], limits })

const policyOf = (route: string): string =>
  `format: grantlog-policy-v2\nroutes:\n  - { methods: [GET], route: ${route} }\n`
const put = (data: string, text: string): Promise<void> =>
  writeFile(join(data, 'keys', 'policy.yaml'), text)
const told = ({ events }: Harness): readonly string[] =>
  events.flatMap(({ code, level }) =>
    code.startsWith('POLICY_') && level === 'error' ? [code] : [],
  )

/** The documents that a log has sealed, in order. */
async function sealedIn({ ledger }: Harness): Promise<string[]> {
  const routes: string[] = []
  for await (const { entries } of ledger.frames(0)) {
    for (const { leaf, stored } of entries) {
      if (leaf.type !== 'policy' || stored.kind !== 'content') continue
      const { document } = JSON.parse(new TextDecoder().decode(stored.content)) as {
        readonly document: { readonly routes: readonly { readonly route: string }[] }
      }
      routes.push(document.routes[0]!.route)
    }
  }
  return routes
}

test.each(['edge', 'core'] as const)('the policy of the %s', async (broken) => {
  const data = { edge: await newData(), core: await newCoreData() }
  for (const name of ['edge', 'core'] as const) await put(data[name], policyOf(`/${name}`))
  const start = async (): Promise<Record<'edge' | 'core', Harness>> => {
    const core = await started({ data: data.core })
    return { core, edge: await startEdge(core, {}, { data: data.edge }) }
  }
  const other = broken === 'edge' ? 'core' : 'edge'
  let sent = 0
  const send = async ({ core, edge }: Record<'edge' | 'core', Harness>): Promise<void> => {
    const before = core.receiver.status().committed
    await edge.send(signedBody(producer, recordSpans(2, (sent += 2))))
    await eventually(() => core.receiver.status().committed >= before + 2)
  }

  const first = await start()
  await put(data[broken], 'format: [\n')
  await eventually(() => told(first[broken]).length > 0)
  await send(first)
  await first.edge.close()
  await first.core.close()
  const second = await start()
  await send(second)
  for (const both of [first, second]) {
    expect([told(both[broken]), told(both[other])]).toEqual([['POLICY_UNREADABLE'], []])
  }
  expect(await sealedIn(second.edge)).toEqual(['/edge'])
  expect(await sealedIn(second.core)).toEqual(['/core'])

  await put(data[broken], policyOf('/mended'))
  await eventually(async () => (await sealedIn(second[broken])).length === 2)
  expect(await sealedIn(second[broken])).toEqual([`/${broken}`, '/mended'])
})
