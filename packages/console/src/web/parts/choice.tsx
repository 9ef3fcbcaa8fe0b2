// Choosing one of several: a select, tabs.
import type { ReactNode } from 'react'
import {
  Button,
  Label,
  ListBox,
  ListBoxItem,
  Popover,
  Select as AriaSelect,
  SelectValue,
  Tab,
  TabList,
  TabPanel,
  Tabs as AriaTabs,
} from 'react-aria-components'
import { Icon } from './icon.tsx'

export interface Choice<K extends string> {
  readonly key: K
  readonly text: string
  readonly brief?: string
}

interface SelectProps<K extends string> {
  readonly label: string
  readonly choices: readonly Choice<K>[]
  readonly value: K
  readonly onChange: (key: K) => void
  /** The label is only read out. */
  readonly hidesLabel?: boolean
}

export function Select<K extends string>(props: SelectProps<K>): ReactNode {
  const { label, choices, value, onChange, hidesLabel = false } = props
  return (
    <AriaSelect
      className="select"
      value={value}
      onChange={(key) => {
        const found = choices.find((choice) => choice.key === key)
        if (found !== undefined) onChange(found.key)
      }}
    >
      <Label className={hidesLabel ? 'unseen' : 'label'}>{label}</Label>
      <Button className="button plain">
        <SelectValue>{choices.find(({ key }) => key === value)?.text ?? value}</SelectValue>
        <Icon name="down" />
      </Button>
      <Popover className="popover">
        <ListBox className="options">
          {choices.map(({ key, text, brief }) => (
            <ListBoxItem key={key} id={key} textValue={text} className="option">
              <span>{text}</span>
              {brief === undefined ? null : <small>{brief}</small>}
            </ListBoxItem>
          ))}
        </ListBox>
      </Popover>
    </AriaSelect>
  )
}

interface TabsProps<K extends string> {
  readonly label: string
  readonly tabs: readonly (Choice<K> & { readonly panel: ReactNode })[]
  readonly value: K
  readonly onChange: (key: K) => void
}

/** Only the panel that is chosen is rendered. */
export function Tabs<K extends string>({ label, tabs, value, onChange }: TabsProps<K>): ReactNode {
  return (
    <AriaTabs
      className="tabs"
      selectedKey={value}
      onSelectionChange={(key) => {
        const found = tabs.find((tab) => tab.key === key)
        if (found !== undefined) onChange(found.key)
      }}
    >
      <TabList className="tab-list" aria-label={label}>
        {tabs.map(({ key, text }) => (
          <Tab key={key} id={key} className="tab">
            {text}
          </Tab>
        ))}
      </TabList>
      {tabs.map(({ key, panel }) => (
        <TabPanel key={key} id={key} className="tab-panel">
          {panel}
        </TabPanel>
      ))}
    </AriaTabs>
  )
}
