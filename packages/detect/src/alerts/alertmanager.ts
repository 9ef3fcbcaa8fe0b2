// Alerts for Prometheus' Alertmanager, by its API v2 (`POST /api/v2/alerts`, api/v2/openapi.yaml of
// its repository). A finding is one alert: the labels name it, and are the same each time. See
// channels.test.ts, and test/peers/alertmanager.test.ts against a real one.
import type { FindingLevel } from '@grantlog/ledger'
import type { FindingState } from '../finding-state.ts'
import { MAX_ALERTS_AT_ONCE } from '../finding-limits.ts'
import { type Channel, pageOf } from './channel.ts'

export interface AlertmanagerOptions {
  readonly name: string
  /** Of the server, such as `http://127.0.0.1:9093`. */
  readonly url: string
  readonly level: FindingLevel
  readonly consoleUrl?: string | undefined
  /** Such as `Bearer …`. */
  readonly authorization?: string | undefined
}

/** An open finding fires so long after it was found last, ms; closing it resolves it. */
const firesMs = 86_400_000

export function alertmanager(options: AlertmanagerOptions): Channel {
  const { authorization, consoleUrl, level, name } = options
  return {
    ...{ name, type: 'alertmanager', level, kinds: ['found', 'again', 'status'] },
    url: `${options.url.replace(/\/$/, '')}/api/v2/alerts`,
    noticesMax: MAX_ALERTS_AT_ONCE,
    request: (notices, now) => {
      const alerts = notices.map(({ finding }) => alertOf(finding, { consoleUrl, now }))
      const headers = {
        'content-type': 'application/json',
        ...(authorization !== undefined && { authorization }),
      }
      return Promise.resolve({ headers, body: JSON.stringify(alerts) })
    },
  }
}

function alertOf(
  finding: FindingState,
  { consoleUrl, now }: { readonly consoleUrl: string | undefined; readonly now: number },
): object {
  const { at, group, id, madeAt, records, rule, status, times, words } = finding
  const isOver = status === 'closed' || status === 'false_positive'
  const generatorURL = pageOf(consoleUrl, finding)
  const note = finding.changes.at(-1)
  return {
    labels: {
      alertname: rule.title,
      ...Object.fromEntries(group.map(([name, value]) => [labelOf(name), value])),
      ...{ finding: id, rule: rule.id, severity: rule.level, source: 'grantlog' },
    },
    annotations: {
      summary: words,
      times: String(times),
      ...(rule.attack.length > 0 && { attack: rule.attack.join(' ') }),
      records: records.map((one) => one.index ?? one.id).join(' '),
      ...(note !== undefined && { status, person: note.person, note: note.note }),
    },
    startsAt: new Date(Math.min(at, madeAt)).toISOString(),
    endsAt: new Date(isOver ? now : Math.max(now, finding.lastAt) + firesMs).toISOString(),
    ...(generatorURL !== undefined && { generatorURL }),
  }
}

/** As every Prometheus takes it: letters, digits, underscores. */
function labelOf(attribute: string): string {
  return attribute.replaceAll(/[^a-zA-Z0-9_]/g, '_').replace(/^([0-9])/, '_$1')
}
