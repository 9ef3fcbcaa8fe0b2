// The attributes of a record, by the parts of the registry.
import { Fragment, type ReactNode, useState } from 'react'
import type { RecordDetail } from '../../api/records.ts'
import { Button, Toggle } from '../parts/button.tsx'
import { Icon } from '../parts/icon.tsx'
import { Card } from '../parts/page.tsx'
import { Time } from '../parts/time.tsx'
import { CopyButton, Value } from '../parts/value.tsx'
import { visibleText } from '../parts/visible.ts'
import { personal } from '../settings/choices.tsx'
import { SearchLink } from './link.tsx'
import { type Meanings, useMeanings } from './meanings.tsx'

type Attribute = RecordDetail['attributes'][number]

export function Attributes({ record }: { readonly record: RecordDetail }): ReactNode {
  const [explains, setExplains] = useState(false)
  const meanings = useMeanings()
  const groups = groupsOf(record.attributes)
  return (
    <>
      <div className="attributes-head">
        <p className="muted">A press on a value searches for it.</p>
        <Toggle icon="question" isOn={explains} onChange={setExplains}>
          Explain
        </Toggle>
      </div>
      <div className="attributes" data-explains={explains}>
        {groups.map(([group, attributes]) => (
          <Card key={group} title={group}>
            <dl className="attribute-list">
              {attributes.map((attribute) => (
                <AttributeRow
                  key={attribute.name}
                  attribute={attribute}
                  meaning={meaningOf(attribute, meanings)}
                  explains={explains}
                />
              ))}
            </dl>
          </Card>
        ))}
        <Hidden record={record} />
        {record.closed.length > 0 ? <Closed slots={record.closed} /> : null}
      </div>
    </>
  )
}

/** Who and what first; where it came from and its place in a stream last. */
const firstGroups = ['Audit', 'User and session', 'Client', 'OAuth', 'Authorization', 'Token']
const lastGroups = ['HTTP', 'Network', 'Producer', 'Stream']

function rankOf(group: string): number {
  const isOf = (name: string): boolean => group.startsWith(name)
  const first = firstGroups.findIndex(isOf)
  return first === -1 ? firstGroups.length + 1 + lastGroups.findIndex(isOf) : first
}

function groupsOf(attributes: readonly Attribute[]): [string, Attribute[]][] {
  const groups = Map.groupBy(attributes, ({ group }) => group || 'Other')
  return [...groups].toSorted(([a], [b]) => rankOf(a) - rankOf(b))
}

function meaningOf({ name, value }: Attribute, meanings: Meanings | undefined): string {
  return meanings?.get(name)?.get(value) ?? ''
}

interface RowProps {
  readonly attribute: Attribute
  readonly meaning: string
  readonly explains: boolean
}

function AttributeRow({ attribute, meaning, explains }: RowProps): ReactNode {
  const { brief, field, name, value } = attribute
  // The meaning of the value may stand behind what is said of the attribute.
  const told = brief.endsWith(meaning) ? brief.slice(0, brief.length - meaning.length) : brief
  return (
    <div className="attribute">
      <dt title={brief}>
        <code>{breakable(name)}</code>
        {attribute.personal ? (
          <span className="personal" title="Personal data">
            <Icon name="person" />
            <span className="unseen">personal data</span>
          </span>
        ) : null}
        {explains && told !== '' ? <small>{told}</small> : null}
      </dt>
      <dd>
        <span className="attribute-value">
          <AttributeValue name={name} field={field} value={value} />
          <CopyButton text={value} label={name} />
        </span>
        {meaning === '' ? null : <small>{meaning}</small>}
        {isTime(name, value) ? (
          <small>
            <Time ms={Number(value) * 1_000} />
          </small>
        ) : null}
      </dd>
    </div>
  )
}

/** A name may break behind its dots and underscores. */
function breakable(name: string): ReactNode {
  return name.split(/(?<=[._])/).map((part, at) => (
    <Fragment key={at}>
      {at === 0 ? null : <wbr />}
      {visibleText(part)}
    </Fragment>
  ))
}

/** Attributes that are lists; each item is searched for by itself. */
const listForm =
  /^(oauth\.scope\.\w+|user\.roles|oauth\.auth\.(amr|acr_requested)|.*_hash|.*\.hash)$/

function AttributeValue({ name, field, value }: Omit<Attribute, OtherMembers>): ReactNode {
  const isMono = /(\.hash|_hash|\.id|kid|jkt)$/.test(name)
  if (field === '') return <Value text={value} mono={isMono} wraps />
  const items = listForm.test(name) ? value.split(' ') : [value]
  return (
    <span className="chips">
      {items.map((item) => (
        <SearchLink key={item} field={field} value={item} mono={isMono} wraps />
      ))}
    </span>
  )
}

type OtherMembers = 'brief' | 'group' | 'personal' | 'slot'

/** Unix seconds, which nobody reads. */
function isTime(name: string, value: string): boolean {
  return /(\.time|_at)$/.test(name) && /^\d{9,11}$/.test(value)
}

const slotTexts: Readonly<Record<string, string>> = {
  user: 'who the user is',
  actor: 'who acted for the user',
  target: 'what was acted upon',
  pseudonym: 'pseudonyms of the user and the session',
  network: 'where the request came from',
  request: 'text of the request',
}

/** Slots that are there, and that the reader has not asked for. */
function Hidden({ record }: { readonly record: RecordDetail }): ReactNode {
  const seen = new Set([...record.closed, ...record.attributes.map(({ slot }) => slot)])
  const hidden = slotsOf(record.canonical).filter((slot) => !seen.has(slot))
  if (hidden.length === 0) return null
  return (
    <Card title="Personal data, not shown">
      <p className="muted">{hidden.map((slot) => slotTexts[slot] ?? slot).join('; ')}</p>
      <p className="hidden-ways">
        <Button icon="person" onPress={() => personal.write(true)}>
          Show personal data
        </Button>
      </p>
    </Card>
  )
}

function slotsOf(canonical: string): string[] {
  try {
    const { slots } = JSON.parse(canonical) as { slots?: object }
    return Object.keys(slots ?? {}).filter((slot) => slot in slotTexts)
  } catch {
    return []
  }
}

function Closed({ slots }: { readonly slots: readonly string[] }): ReactNode {
  return (
    <Card title="Erased or withheld">
      <dl className="attribute-list">
        {slots.map((slot) => (
          <div key={slot} className="attribute">
            <dt>
              <code>{slot}</code>
            </dt>
            <dd>
              <Badge slot={slot} />
            </dd>
          </div>
        ))}
      </dl>
      <p className="note">
        The record has these, and only commitments to them are here. All else still verifies.
      </p>
    </Card>
  )
}

function Badge({ slot }: { readonly slot: string }): ReactNode {
  return (
    <>
      <Icon name="blocked" /> <Value text={slotTexts[slot] ?? slot} />
    </>
  )
}
