// Claims on the formats: a line is a record, spreadsheets run nothing of it, OCSF has what its
// classes ask for, and none says who it was unless it may.
import { describe, expect, test } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { ATTR, type AttributeValue } from '@grantlog/record'
import { crowd } from '../../test/crowd.ts'
import { unitFrom } from '../../test/random.ts'
import type { LedgerRecord } from '../records.ts'
import { CSV_COLUMNS, csvCell, csvHead, csvLine } from './csv.ts'
import { formatWriters } from './formats.ts'
import { withoutPersonal } from './json.ts'
import { ocsfEvent } from './ocsf.ts'

const records = [...crowd(200, unitFrom(3))]
const [first] = records as [LedgerRecord]

function recordWith(attributes: Record<string, AttributeValue>): LedgerRecord {
  return { ...first, attributes: new Map(Object.entries(attributes)) }
}

describe('csv', () => {
  test.each<[AttributeValue | undefined, string]>([
    ['=1+1', `"'=1+1"`],
    ['+1', `"'+1"`],
    ['-1', `"'-1"`],
    ['@SUM(A1)', `"'@SUM(A1)"`],
    ['\t=1', `"'\t=1"`],
    ['\r=1', `"'\r=1"`],
    ['＝1', `"'＝1"`],
    ['=cmd|"/c calc"!A1', `"'=cmd|""/c calc""!A1"`],
    ['a"b', '"a""b"'],
    ['a,b', '"a,b"'],
    ['a\nb', '"a\nb"'],
    ['plain 1=1', 'plain 1=1'],
    [200n, '200'],
    [true, 'true'],
    [undefined, ''],
  ])('%j is the cell %j', (value, cell) => {
    expect(csvCell(value)).toBe(cell)
  })

  test('README.md lists the columns', () => {
    const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
    const row = /\| `csv` \|(.*)\|/.exec(readme)?.[1] ?? ''
    expect([...row.matchAll(/`([a-z_]+)`/g)].map(([, name]) => name)).toEqual(CSV_COLUMNS)
  })

  test('each line has the columns of the first', () => {
    expect(csvHead()).toBe(`${CSV_COLUMNS.join(',')}\r\n`)
    for (const record of records) {
      const cells = csvLine(record).match(/("([^"]|"")*"|[^,\r]*)(,|\r\n)/g) ?? []
      expect(cells).toHaveLength(CSV_COLUMNS.length)
    }
  })
})

describe('ocsf', () => {
  const required = ['class_uid', 'category_uid', 'activity_id', 'type_uid', 'severity_id', 'time']
  const own: Record<number, string[]> = {
    3002: ['user', 'service'],
    3004: ['entity', 'actor'],
    6003: ['api', 'actor', 'src_endpoint'],
  }

  test.each([
    ['oauth.login', 3002, 1],
    ['oauth.token', 3002, 99],
    ['oauth.end_session', 3002, 2],
    ['oauth.register', 3004, 2],
    ['oauth.key_rotation', 3004, 3],
    ['oauth.resource_access', 6003, 2],
    ['shop.refund', 6003, 2],
  ])('%s is of class %d, activity %d, and has what that asks for', (action, uid, activity) => {
    const event = ocsfEvent(recordWith({ 'audit.action': action, 'http.request.method': 'GET' }))
    expect(event).toMatchObject({
      ...{ class_uid: uid, activity_id: activity, type_uid: uid * 100 + activity },
      metadata: { version: '1.1.0', uid: first.leaf.id, product: { name: 'Grantlog' } },
      unmapped: { 'audit.action': action },
    })
    for (const name of [...required, ...(own[uid] ?? [])]) expect(event).toHaveProperty(name)
  })

  test.each([
    ['POST', '', 1],
    ['PUT', '', 3],
    ['DELETE', '', 4],
    ['', 'CLIENT_REGISTER', 1],
    ['', 'CLIENT_INFO', 2],
    ['', 'UPDATE CLIENT', 3],
    ['', 'DELETE CLIENT', 4],
  ])(
    'what %s %s does to a client is activity %d, of the client it is about',
    (how, seen, activity) => {
      const event = ocsfEvent(
        recordWith({
          ...{ 'audit.action': 'oauth.register', 'audit.target.id': 'c-1' },
          ...{ 'http.request.method': how, 'audit.observed.event': seen },
        }),
      )
      expect(event).toMatchObject({ activity_id: activity, entity: { uid: 'c-1' } })
    },
  )

  test.each([
    ['success', 1, 1],
    ['denied', 2, 2],
    ['failure', 2, 2],
    ['challenge', 99, 1],
  ])('%s has status %d and severity %d', (outcome, status, severity) => {
    const event = ocsfEvent(recordWith({ 'audit.outcome': outcome }))
    expect(event).toMatchObject({ status_id: status, severity_id: severity })
  })

  test('a reused refresh token is severe', () => {
    const reuse = recordWith({ [ATTR.OAUTH_REFRESH_REUSE_DETECTED]: true })
    expect(ocsfEvent(reuse)).toMatchObject({ severity_id: 4, severity: 'High' })
  })
})

test.each(['ndjson', 'csv', 'ocsf'] as const)('%s does not say who it was', (format) => {
  const { line } = formatWriters[format]
  const said = { [ATTR.USER_ID]: 'alice', [ATTR.CLIENT_ADDRESS]: '203.0.113.7' }
  const record = recordWith({ ...said, [ATTR.USER_HASH]: 'p1.alice' })
  expect(line(record)).toMatch(/alice.*203\.0\.113\.7|203\.0\.113\.7.*alice/)
  const hidden = line(withoutPersonal(record)).replaceAll('p1.alice', '')
  expect(hidden).not.toMatch(/alice|203\.0/)
})

test('ndjson and ocsf are JSON, one line for each', () => {
  for (const format of ['ndjson', 'ocsf'] as const) {
    for (const record of records) {
      const line = formatWriters[format].line(record)
      expect(line.indexOf('\n')).toBe(line.length - 1)
      expect(JSON.parse(line)).toBeTruthy()
    }
  }
})
