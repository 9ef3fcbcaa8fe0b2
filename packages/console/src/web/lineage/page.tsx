// The page Lineage: the life of a grant across services, as a graph and as a list.
import { type FormEvent, type ReactNode, useId, useMemo, useState } from 'react'
import { useLocation, useParams } from 'wouter'
import type { Lineage } from '../../api/lineage.ts'
import { useAsk } from '../ask/use-ask.tsx'
import { Toggle } from '../parts/button.tsx'
import { Icon } from '../parts/icon.tsx'
import { countOf } from '../parts/numbers.ts'
import { Page } from '../parts/page.tsx'
import { Empty, Loaded, Skeleton } from '../parts/states.tsx'
import { usePlace } from '../query/place.tsx'
import { personal } from '../settings/choices.tsx'
import { Explorer } from './explorer.tsx'
import { GaveAway } from './gave-away.tsx'
import { isAlarm } from './words.ts'

export function LineagePage(): ReactNode {
  const { index, target: ofPath } = useParams<{ index?: string; target?: string }>()
  const { get } = usePlace()
  const target = ofPath ?? get('target') ?? index ?? ''
  const showsPersonal = personal.use()
  const asked = useAsk<Lineage>(target === '' ? null : 'lineage', {
    target,
    personal: showsPersonal,
  })
  return (
    <Page
      title="Lineage"
      lead={asked.data === undefined || asked.isStale ? undefined : <Lead lineage={asked.data} />}
      actions={
        <>
          <LookUp key={target} target={target} />
          <Toggle icon="person" isOn={showsPersonal} onChange={personal.write}>
            Personal data
          </Toggle>
        </>
      }
    >
      {target === '' ? (
        <Empty title="Which grant?">
          <p>
            Give an index, a record id, or the hash of a token, grant, refresh family or session.
          </p>
        </Empty>
      ) : (
        <Loaded asked={asked} skeleton={<Skeleton height={520} />}>
          {(lineage) => <Whole key={target} lineage={lineage} target={target} />}
        </Loaded>
      )}
    </Page>
  )
}

function Whole({ lineage, target }: { lineage: Lineage; target: string }): ReactNode {
  const { cut, nodes, reuses } = lineage
  const start = useMemo(() => startOf(lineage, target), [lineage, target])
  if (nodes.length === 0) return <Empty title="No record is of this grant" />
  return (
    <>
      {cut ? (
        <p className="cut" role="status">
          <Icon name="warning" /> The grant has more records than the {nodes.length} that are shown.
        </p>
      ) : null}
      <GaveAway reuses={reuses} />
      <Explorer lineage={lineage} start={start} />
    </>
  )
}

/** The record that was asked for; of a hash what should not be, else the first. */
function startOf({ nodes }: Lineage, target: string): number {
  const meant = nodes.find(({ id, index }) => String(index) === target || id === target)
  const flagged = nodes.find(({ flags }) => flags.some(isAlarm))
  return (meant ?? flagged ?? nodes[0])?.index ?? 0
}

function Lead({ lineage: { nodes } }: { readonly lineage: Lineage }): ReactNode {
  const services = new Set(nodes.map(({ service }) => service)).size
  const flags = nodes.flatMap((node) => node.flags)
  const alarms = flags.filter(isAlarm).length
  return (
    <>
      {countOf(nodes.length, 'record')} of {countOf(services, 'service')}
      {flags.length === 0 ? ', nothing flagged' : `, ${flags.length} flagged`}
      {alarms > 0 ? (
        <strong className="alarm">
          {' '}
          <Icon name="warning" /> {countOf(alarms, 'alarm')}
        </strong>
      ) : null}
    </>
  )
}

function LookUp({ target }: { readonly target: string }): ReactNode {
  const id = useId()
  const [text, setText] = useState(target)
  const [, go] = useLocation()
  const find = (event: FormEvent): void => {
    event.preventDefault()
    const wanted = text.trim()
    if (wanted !== '') go(`/lineage/${encodeURIComponent(wanted)}`)
  }
  return (
    <form className="look-up" role="search" onSubmit={find}>
      <label className="unseen" htmlFor={id}>
        Index, record id or hash
      </label>
      <input
        id={id}
        className="input mono"
        data-key="/"
        value={text}
        onChange={(event) => setText(event.target.value)}
        placeholder="Index, record id or hash"
        spellCheck={false}
        autoComplete="off"
        maxLength={1_024}
      />
      <button type="submit" className="button plain">
        <Icon name="search" /> Look up
      </button>
    </form>
  )
}
