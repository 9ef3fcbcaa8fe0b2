import { afterEach, expect, test } from '@jest/globals'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { foldersUnder } from '@grantlog/ledger'
import { temporaryFolder } from '../test/command.ts'
import { makeSample } from '../test/producer.ts'
import { checkPolicies, policyCheck } from './policy-checkup.ts'

let remove: (() => void) | undefined
afterEach(() => remove?.())

test('services whose newest record names another policy are listed, and no others', () => {
  const seen = new Map([
    ['login', new Set(['aaaa'])],
    ['api', new Set(['aaaa', 'bbbbbbbbbbbb'])],
  ])
  const weak = policyCheck('aaaa', seen)
  expect([weak.status, weak.what]).toEqual(['weak', expect.stringContaining(': api (bbbbbbbb)')])
  expect(policyCheck('aaaa', new Map([['login', new Set(['aaaa'])]]))).toMatchObject({
    status: 'ok',
  })
})

test('of a ledger: the last record counts; without a policy nothing is said', async () => {
  const temporary = temporaryFolder()
  remove = temporary.remove
  const named = (hash: string) => [['audit.policy.hash', hash]] as const
  const { data, origin } = await makeSample(temporary.folder, [named('old'), named('new')])
  const folders = foldersUnder(data)
  expect(await checkPolicies(folders)).toEqual([])
  for (const [told, status] of [
    ['new', 'ok'],
    ['other', 'weak'],
  ] as const) {
    writeFileSync(join(folders.queue, 'policy.note'), `${origin}\n${told}\n`)
    expect(await checkPolicies(folders)).toMatchObject([{ code: 'POLICY', status }])
  }
  writeFileSync(join(folders.queue, 'policy.note'), `example.com/other\nnew\n`)
  expect(await checkPolicies(folders)).toEqual([])
})
