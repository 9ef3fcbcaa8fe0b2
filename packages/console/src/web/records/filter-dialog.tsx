// Writes one term of a query by choosing: a field, how, and a value.
import { type ReactNode, useId, useState } from 'react'
import type { Field } from '../../api/language.ts'
import type { Facets } from '../../api/summary.ts'
import { useAsk } from '../ask/use-ask.tsx'
import { Select } from '../parts/choice.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { countText } from '../parts/numbers.ts'
import { Loaded } from '../parts/states.tsx'
import { addTerm } from '../query/edit.ts'
import {
  type Operator,
  filterText,
  needsValue,
  operatorsOf,
  toldOperator,
} from '../query/filter.ts'

interface FilterDialogProps {
  readonly q: string
  readonly onQuery: (query: string) => void
  readonly isOpen: boolean
  readonly onClose: () => void
}

export function FilterDialog({ q, onQuery, isOpen, onClose }: FilterDialogProps): ReactNode {
  const fields = useAsk<{ readonly fields: readonly Field[] }>(isOpen ? 'fields' : null)
  return (
    <Dialog title="Add a filter" isOpen={isOpen} onClose={onClose}>
      <Loaded asked={fields}>
        {({ fields: known }) => (
          <FilterForm
            q={q}
            fields={known}
            onTerm={(term) => {
              onClose()
              onQuery(addTerm(q, term))
            }}
          />
        )}
      </Loaded>
    </Dialog>
  )
}

interface FormProps {
  readonly q: string
  readonly fields: readonly Field[]
  readonly onTerm: (term: string) => void
}

function FilterForm({ q, fields, onTerm }: FormProps): ReactNode {
  const [name, setName] = useState('client')
  const [chosen, setOperator] = useState<Operator | null>(null)
  const [value, setValue] = useState('')
  const [upper, setUpper] = useState('')
  const field = fields.find((one) => one.name === name) ?? fields[0]
  if (field === undefined) return null
  const operators = operatorsOf(field)
  const operator = chosen ?? operators[0] ?? 'is'
  const term = filterText({ field: field.name, operator, value, upper })
  return (
    <form
      className="form"
      onSubmit={(event) => {
        event.preventDefault()
        if (term !== '') onTerm(term)
      }}
    >
      <FieldInput
        fields={fields}
        value={name}
        onChange={(next) => {
          setName(next)
          setOperator(null)
        }}
      />
      <p className="note">{field.brief}</p>
      <Select
        label="Condition"
        choices={operators.map((key) => ({ key, text: toldOperator(key) }))}
        value={operator}
        onChange={setOperator}
      />
      {needsValue(operator) ? (
        <ValueInput {...{ q, field, value }} label="Value" onChange={setValue} />
      ) : null}
      {operator === 'between' ? (
        <ValueInput {...{ q, field }} label="To" value={upper} onChange={setUpper} />
      ) : null}
      <p className="note">
        Adds <code>{term === '' ? '…' : term}</code>
      </p>
      <div className="form-foot">
        <button type="submit" className="button main" disabled={term === ''}>
          Add
        </button>
      </div>
    </form>
  )
}

interface FieldInputProps {
  readonly fields: readonly Field[]
  readonly value: string
  readonly onChange: (name: string) => void
}

/** The browser's own: a hundred names, found by their first letters. */
function FieldInput({ fields, value, onChange }: FieldInputProps): ReactNode {
  const groups = [
    { title: 'Often used', list: fields.filter(({ name }) => !name.includes('.')) },
    { title: 'Attributes', list: fields.filter(({ name }) => name.includes('.')) },
  ].filter(({ list }) => list.length > 0)
  return (
    <label>
      <span className="label">Field</span>
      <select className="input" value={value} onChange={({ target }) => onChange(target.value)}>
        {groups.map(({ title, list }) => (
          <optgroup key={title} label={title}>
            {list.map(({ name, title: told }) => (
              <option key={name} value={name}>
                {told === name ? name : `${told} (${name})`}
              </option>
            ))}
          </optgroup>
        ))}
      </select>
    </label>
  )
}

interface ValueInputProps {
  readonly q: string
  readonly label: string
  readonly field: Field
  readonly value: string
  readonly onChange: (value: string) => void
}

/** Suggests what occurs, most frequent first, and what the registry knows. */
function ValueInput({ q, label, field, value, onChange }: ValueInputProps): ReactNode {
  const id = useId()
  const params = { q, fields: field.name, top: 50 }
  const { data } = useAsk<Facets>(field.facet ? 'facets' : null, params)
  const facet = data?.facets.find((one) => one.field === field.name)
  const counted = facet?.values ?? []
  const known = field.values.filter((one) => !counted.some((other) => other.value === one))
  return (
    <label>
      <span className="label">{label}</span>
      <input
        className="input mono"
        list={id}
        value={value}
        placeholder={field.example}
        onChange={({ target }) => onChange(target.value)}
        autoComplete="off"
        spellCheck={false}
      />
      <datalist id={id}>
        {counted.map((one) => (
          <option key={one.value} value={one.value}>
            {countText(one.count)}
          </option>
        ))}
        {known.map((one) => (
          <option key={one} value={one} />
        ))}
      </datalist>
    </label>
  )
}
