// The picker of time ranges. A range is part of the query: `after:-24h`, or two times.
import { dateOf, timeOf } from '@grantlog/query/times'
import { type ReactNode, useState } from 'react'
import { Button } from '../parts/button.tsx'
import { type Choice, Select } from '../parts/choice.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { type Zone, timeText } from '../parts/times.ts'
import { zone } from '../settings/choices.tsx'
import { type TimeRange, timeRangeOf, withTimeRange } from './edit.ts'

interface TimeRangeProps {
  readonly query: string
  readonly onChange: (query: string) => void
}

type Key = '-15m' | '-1h' | '-24h' | '-7d' | '-30d' | 'all' | 'custom'

const ranges: readonly Choice<Key>[] = [
  { key: '-15m', text: 'Last 15 minutes' },
  { key: '-1h', text: 'Last hour' },
  { key: '-24h', text: 'Last 24 hours' },
  { key: '-7d', text: 'Last 7 days' },
  { key: '-30d', text: 'Last 30 days' },
  { key: 'all', text: 'All time' },
]

export function TimeRangePicker({ query, onChange }: TimeRangeProps): ReactNode {
  const [isOpen, setOpen] = useState(false)
  const where = zone.use()
  const range = timeRangeOf(query)
  const key = keyOf(range)
  const custom = { key: 'custom', text: key === 'custom' ? told(range, where) : 'Custom…' } as const
  const choose = (chosen: Key): void => {
    if (chosen === 'custom') return setOpen(true)
    onChange(withTimeRange(query, { after: chosen === 'all' ? '' : chosen, before: '' }))
  }
  return (
    <>
      <Select
        label="Time range"
        hidesLabel
        choices={[...ranges, custom]}
        value={key}
        onChange={choose}
      />
      {key === 'custom' ? (
        <Button kind="quiet" onPress={() => setOpen(true)}>
          Change
        </Button>
      ) : null}
      <Dialog title="Time range" isOpen={isOpen} onClose={() => setOpen(false)}>
        <CustomRange
          range={range}
          onChange={(next) => {
            setOpen(false)
            onChange(withTimeRange(query, next))
          }}
        />
      </Dialog>
    </>
  )
}

function keyOf({ after, before }: TimeRange): Key {
  if (after === '' && before === '') return 'all'
  const found = ranges.find((range) => range.key === after)
  return before === '' && found !== undefined ? found.key : 'custom'
}

/** Short, for a button: minutes are enough. */
function told({ after, before }: TimeRange, where: Zone): string {
  const short = (text: string): string => {
    const ms = dateOf(text)
    return Number.isNaN(ms) ? text : timeText(ms, where).slice(5, 16)
  }
  if (before === '') return `Since ${short(after)}`
  return after === '' ? `Until ${short(before)}` : `${short(after)} – ${short(before)}`
}

interface CustomProps {
  readonly range: TimeRange
  readonly onChange: (range: TimeRange) => void
}

function CustomRange({ range, onChange }: CustomProps): ReactNode {
  const where = zone.use()
  const [first] = useState(() => ({
    after: fieldText(range.after, where),
    before: fieldText(range.before, where),
  }))
  const [after, setAfter] = useState(first.after)
  const [before, setBefore] = useState(first.before)
  // What nobody touched stays as it is written, be it `24h`.
  const kept = (name: 'after' | 'before', field: string): string =>
    field === first[name] ? range[name] : isoOf(field, where)
  const isWrong = after !== '' && before !== '' && after >= before
  return (
    <form
      className="form"
      onSubmit={(event) => {
        event.preventDefault()
        if (!isWrong) onChange({ after: kept('after', after), before: kept('before', before) })
      }}
    >
      <TimeField label="From" value={after} onChange={setAfter} />
      <TimeField label="Until" value={before} onChange={setBefore} />
      <p className="note" role={isWrong ? 'alert' : undefined}>
        {isWrong
          ? 'The end lies before the beginning.'
          : `In ${where === 'utc' ? 'UTC' : 'local time'}; an empty end is open.`}
      </p>
      <div className="form-foot">
        <button type="submit" className="button main" disabled={isWrong}>
          Apply
        </button>
      </div>
    </form>
  )
}

interface FieldProps {
  readonly label: string
  readonly value: string
  readonly onChange: (value: string) => void
}

function TimeField({ label, value, onChange }: FieldProps): ReactNode {
  return (
    <label>
      <span className="label">{label}</span>
      <input
        className="input"
        type="datetime-local"
        step={1}
        value={value}
        onChange={(event) => onChange(event.target.value)}
      />
    </label>
  )
}

/** A time of the language as an input of the browser has it. Of `-24h`, the time it is now. */
function fieldText(text: string, where: Zone): string {
  const ms = timeOf(text, Math.floor(Date.now() / 1_000) * 1_000)
  return Number.isNaN(ms) ? '' : timeText(ms, where).slice(0, 19).replace(' ', 'T')
}

function isoOf(field: string, where: Zone): string {
  if (field === '') return ''
  const ms = Date.parse(where === 'utc' ? `${field}Z` : field)
  return Number.isNaN(ms) ? '' : new Date(ms).toISOString().replace('.000Z', 'Z')
}
