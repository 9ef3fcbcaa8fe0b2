// The columns that the table of records can have.
import type { ReactNode } from 'react'
import type { Row } from '../../api/records.ts'
import { countText } from '../parts/numbers.ts'
import { Badge, OutcomeBadge } from '../parts/outcome.tsx'
import type { Column } from '../parts/table.tsx'
import { Duration, Time } from '../parts/time.tsx'
import { Value } from '../parts/value.tsx'
import { stored } from '../settings/stored.tsx'

/** Only the text fields of a row, by which one can filter. */
type TextKey = { [K in keyof Row]: Row[K] extends string ? K : never }[keyof Row] & string

function text(key: TextKey, title: string, field: string, mono = false): Column<Row> {
  return {
    ...{ key, title },
    render: (row) => <Value text={row[key]} mono={mono} />,
    filter: (row) => (row[key] === '' ? null : [field, row[key]]),
  }
}

function shortHash(value: string): ReactNode {
  return <Value text={value.length > 14 ? `${value.slice(0, 10)}…` : value} mono />
}

const all: readonly Column<Row>[] = [
  {
    ...{ key: 'received', title: 'Received', brief: 'When the receiver took it' },
    render: ({ receivedAt }) => <Time ms={receivedAt} list />,
  },
  {
    ...{ key: 'started', title: 'Started', brief: "By the producer's clock" },
    render: ({ startedAt }) => <Time ms={startedAt} list />,
  },
  {
    ...{ key: 'outcome', title: 'Outcome' },
    render: ({ outcome }) => <OutcomeBadge outcome={outcome} />,
    filter: ({ outcome }) => ['outcome', outcome],
  },
  text('action', 'Action', 'action'),
  {
    ...{ key: 'detail', title: 'Detail', brief: 'Grant type, else method and route' },
    render: ({ grantType, route }) => <Value text={grantType === '' ? route : grantType} />,
    filter: ({ grantType, route }) =>
      grantType !== '' ? ['grant', grantType] : route === '' ? null : ['route', route],
  },
  text('client', 'Client', 'client'),
  text('service', 'Service', 'service'),
  text('reason', 'Reason', 'reason'),
  {
    ...{ key: 'status', title: 'Status', isNumber: true },
    render: ({ status }) => status ?? <span className="none">–</span>,
    filter: ({ status }) => (status === null ? null : ['status', String(status)]),
  },
  {
    ...{ key: 'user', title: 'User', brief: 'Pseudonym; the identifier with personal data' },
    render: ({ user = '', userHash }) =>
      user === '' ? shortHash(userHash) : <Value text={user} />,
    filter: ({ userHash }) => (userHash === '' ? null : ['user', userHash]),
  },
  {
    ...{ key: 'duration', title: 'Took', isNumber: true },
    render: ({ durationMs }) => <Duration ms={durationMs} />,
  },
  text('scopes', 'Scopes', 'scope'),
  text('role', 'Role', 'role'),
  text('grantType', 'Grant type', 'grant'),
  text('route', 'Route', 'route'),
  text('privileged', 'Privileged', 'privileged'),
  {
    ...{ key: 'address', title: 'Address', brief: 'Only with personal data' },
    render: ({ address = '' }) => <Value text={address} mono />,
    filter: ({ address = '' }) => (address === '' ? null : ['address', address]),
  },
  {
    ...{ key: 'trace', title: 'Trace' },
    render: ({ traceId }) => shortHash(traceId),
    filter: ({ traceId }) => (traceId === '' ? null : ['trace', traceId]),
  },
  {
    ...{ key: 'id', title: 'Record id' },
    render: ({ id }) => shortHash(id),
    filter: ({ id }) => ['id', id],
  },
  {
    ...{ key: 'index', title: 'Index', brief: 'Place in the log', isNumber: true },
    render: ({ index }) => countText(index),
  },
  {
    ...{ key: 'proof', title: 'Proof', brief: 'Under the published checkpoint' },
    render: ({ published }) =>
      published ? <Badge tone="good" text="yes" /> : <Badge tone="plain" text="soon" />,
  },
]

/** A list of scopes is no value; each of them is, on the record's page. */
export const recordColumns: readonly Column<Row>[] = all.map((column) => {
  if (column.key !== 'scopes') return column
  const { filter: _filter, ...rest } = column
  return rest
})

const usual = 'received,outcome,user,action,detail,client,reason,service,duration'

/** As the reader last chose; an address that names columns goes first. */
export const chosenColumns = stored('columns', (value) =>
  typeof value === 'string' && value !== '' ? value : usual,
)

/** The time is always there: it leads to the record. With personal data, so is the address. */
export function columnsOf(chosen: string, isPersonal: boolean): readonly Column<Row>[] {
  const names = isPersonal && !/\baddress\b/.test(chosen) ? withAddress(chosen) : chosen
  const found = names
    .split(',')
    .flatMap((name) => recordColumns.find(({ key }) => key === name) ?? [])
  const [first] = found
  if (first?.key === 'received' || first?.key === 'started') return found
  const time = recordColumns.find(({ key }) => key === 'received')
  return [...(time === undefined ? [] : [time]), ...found.filter((one) => one !== time)]
}

function withAddress(names: string): string {
  return /\buser\b/.test(names) ? names.replace(/\buser\b/, 'user,address') : `${names},address`
}
