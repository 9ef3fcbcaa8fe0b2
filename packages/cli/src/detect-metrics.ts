// What the receiver's scrape says of detection: whether it is there, how far it is, what it found,
// and what waits for each alert channel. Names of channels and of tenants are the only labels.
// See detect-metrics.test.ts.
import type { DetectCounts, DetectMessage } from './detect-process.ts'

type Row = readonly [name: string, type: 'counter' | 'gauge', help: string, of: keyof DetectCounts]

const rows: readonly Row[] = [
  ['lag_commits', 'gauge', 'Commits of the log that rules have not looked at yet.', 'behind'],
  ['rules', 'gauge', 'Rules in force.', 'rules'],
  ['findings', 'gauge', 'Findings in the queue.', 'findings'],
  ['state_entries', 'gauge', 'Groups, windows and entities that detectors hold.', 'held'],
  ['events_total', 'counter', 'Events that rules have looked at.', 'events'],
  ['detections_total', 'counter', 'Times that a rule found something.', 'detections'],
  ['dropped_total', 'counter', 'Detections beyond those of one event that are kept.', 'dropped'],
  ['evicted_total', 'counter', 'Entries that detectors let go for lack of room.', 'evicted'],
  ['late_total', 'counter', 'Times that an event came too late for a correlation.', 'late'],
  ['errors_total', 'counter', 'Errors of rules; each missed one event.', 'errors'],
  ['unreadable_total', 'counter', 'Entries of the log that could not be read.', 'unreadable'],
]

const ofChannels = [
  ['waiting', 'gauge', 'Findings that wait for an alert channel.', 'waiting'],
  ['failures', 'gauge', 'Failed deliveries in a row.', 'failures'],
  ['sent_total', 'counter', 'Deliveries that an alert channel took.', 'sent'],
  ['refused_total', 'counter', 'Deliveries that an alert channel refused for good.', 'refused'],
  ['dropped_total', 'counter', 'Alerts dropped because too many waited.', 'dropped'],
] as const

/**
 * No status: the process is not there, or has not said anything yet. The main ledger has no label
 * of a tenant, which in Prometheus is the same as an empty one.
 */
export function detectMetrics({
  status,
  tenants = {},
}: Pick<DetectMessage, 'status' | 'tenants'>): Promise<string> {
  const up = metric('grantlog_detect_up', { type: 'gauge', help: 'Whether detection runs.' }, [
    ['', Number(status !== undefined)],
  ])
  if (status === undefined) return Promise.resolve(up)
  const all: (readonly [label: string, counts: DetectCounts])[] = [
    ['', status],
    ...Object.entries(tenants).map(([name, counts]) => {
      return [`grantlog_tenant="${name}"`, counts] as const
    }),
  ]
  const own = rows.map(([name, type, help, of]) => {
    const values = all.map(([label, counts]) => [label, counts[of] as number] as const)
    return metric(`grantlog_detect_${name}`, { type, help }, values)
  })
  const channels = ofChannels.map(([name, type, help, of]) => {
    const values = all.flatMap(([label, counts]) =>
      counts.channels.map((one) => {
        const labels = [`channel="${one.name}"`, ...(label === '' ? [] : [label])]
        return [labels.join(), one[of]] as const
      }),
    )
    return values.length === 0 ? '' : metric(`grantlog_alerts_${name}`, { type, help }, values)
  })
  return Promise.resolve([up, ...own, ...channels].join(''))
}

function metric(
  name: string,
  { help, type }: { readonly type: string; readonly help: string },
  values: readonly (readonly [label: string, value: number])[],
): string {
  const lines = values.map(([label, value]) => {
    return `${name}${label === '' ? '' : `{${label}}`} ${value}`
  })
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('\n')}\n`
}
