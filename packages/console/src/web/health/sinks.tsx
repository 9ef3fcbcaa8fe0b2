// Where records are sent on to, and how far each has come.
import type { ReactNode } from 'react'
import type { Health } from '../../api/health.ts'
import { countText } from '../parts/numbers.ts'
import { Badge, type Tone } from '../parts/outcome.tsx'
import { Empty } from '../parts/states.tsx'
import { type Column, DataTable } from '../parts/table.tsx'
import { Value } from '../parts/value.tsx'

type Sink = Health['sinks'][number]

const tones: Readonly<Record<Sink['state'], Tone>> = {
  ok: 'good',
  behind: 'denied',
  failing: 'failure',
}

const columns: readonly Column<Sink>[] = [
  { key: 'name', title: 'Sink', render: ({ name }) => <Value text={name} /> },
  {
    ...{ key: 'state', title: 'State' },
    render: ({ state }) => <Badge tone={tones[state]} text={state} />,
  },
  { key: 'type', title: 'Type', render: ({ type }) => <Value text={type} /> },
  { key: 'sent', title: 'Sent', isNumber: true, render: ({ sent }) => countText(sent) },
  {
    ...{ key: 'frames', title: 'Waiting', brief: 'Commits not taken yet', isNumber: true },
    render: ({ lagFrames }) => countText(lagFrames),
  },
  {
    ...{ key: 'dead', title: 'Dead letters', brief: 'Refused by the sink', isNumber: true },
    render: ({ deadLetters }) => countText(deadLetters),
  },
  { key: 'error', title: 'Last error', render: ({ lastError }) => <Value text={lastError} /> },
]

export function Sinks({ sinks }: { readonly sinks: readonly Sink[] }): ReactNode {
  if (sinks.length === 0) {
    return <Empty title="No sink">Records stay in the ledger; configure one to send them on.</Empty>
  }
  return (
    <DataTable
      label="Sinks"
      columns={columns}
      rows={sinks}
      keyOf={({ name }) => name}
      toneOf={({ state }) => (state === 'failing' ? 'failure' : undefined)}
      isCards
    />
  )
}
