// The line between the query and the table: how many there are, and what can be done with them.
import { type ReactNode, useState } from 'react'
import { Button, IconButton, Toggle } from '../parts/button.tsx'
import { Select } from '../parts/choice.tsx'
import { countOf, countText } from '../parts/numbers.ts'
import { personal } from '../settings/choices.tsx'
import type { Tail } from './tail.tsx'

export type DialogName = 'filter' | 'columns' | 'views' | 'export' | 'facets'

interface ToolsProps {
  readonly total: number | undefined
  readonly order: string
  readonly onOrder: (order: string) => void
  readonly isLive: boolean
  readonly onLive: (isLive: boolean) => void
  readonly tail: Tail
  readonly onOpen: (dialog: DialogName) => void
  readonly onReload: () => void
}

const orders = [
  { key: 'newest', text: 'Newest first' },
  { key: 'oldest', text: 'Oldest first' },
] as const

export function Tools(props: ToolsProps): ReactNode {
  const { total, order, onOrder, isLive, onLive, tail, onOpen, onReload } = props
  const showsPersonal = personal.use()
  return (
    <div className="tools">
      <p className="tools-count" role="status">
        {total === undefined ? 'Searching…' : countOf(total, 'record')}
        {isLive && tail.items.length > 0 ? ` and ${countText(tail.items.length)} new` : null}
      </p>
      {isLive ? <LiveState tail={tail} /> : null}
      <div className="tools-actions">
        <span className="narrow-only">
          <Button icon="filter" onPress={() => onOpen('facets')}>
            Facets
          </Button>
        </span>
        <Toggle icon="live" isOn={isLive} onChange={onLive} hotkey="l">
          Live
        </Toggle>
        {isLive ? null : (
          <Select
            label="Order"
            hidesLabel
            choices={orders}
            value={order === 'oldest' ? 'oldest' : 'newest'}
            onChange={onOrder}
          />
        )}
        <Toggle icon="person" isOn={showsPersonal} onChange={personal.write}>
          Personal data
        </Toggle>
        <Button icon="columns" onPress={() => onOpen('columns')}>
          Columns
        </Button>
        <Button icon="star" onPress={() => onOpen('views')}>
          Views
        </Button>
        <Button icon="download" onPress={() => onOpen('export')}>
          Export
        </Button>
        <CopyLink />
        <IconButton icon="reload" label="Reload" onPress={onReload} />
      </div>
      {showsPersonal ? (
        <p className="tools-note">
          Personal data is shown: users and addresses, where they were recorded.
        </p>
      ) : null}
    </div>
  )
}

const states = {
  connecting: 'connecting…',
  open: 'live',
  lost: 'connection lost, trying again…',
} as const

function LiveState({ tail }: { readonly tail: Tail }): ReactNode {
  const { state, isPaused, waiting, behind, setPaused } = tail
  return (
    <p className="tools-live" data-state={isPaused ? 'paused' : state}>
      <span role="status">
        {isPaused ? 'paused' : states[state]}
        {behind > 0 ? `, ${countText(behind)} behind` : null}
      </span>
      <Button
        kind={isPaused ? 'main' : 'plain'}
        icon={isPaused ? 'play' : 'pause'}
        onPress={() => setPaused(!isPaused)}
      >
        {isPaused ? `Resume${waiting > 0 ? ` (${countText(waiting)} waiting)` : ''}` : 'Pause'}
      </Button>
    </p>
  )
}

function CopyLink(): ReactNode {
  const [isCopied, setCopied] = useState(false)
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(location.href)
    setCopied(true)
    setTimeout(() => setCopied(false), 1_500)
  }
  return (
    <IconButton
      icon={isCopied ? 'check' : 'link'}
      label={isCopied ? 'Link copied' : 'Copy a link to this view'}
      onPress={() => void copy().catch(() => undefined)}
    />
  )
}
