import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { ConsoleModel } from '../model/console.js';
import type { TableModel } from '../model/table.js';

export const TableContext = createContext<TableModel | undefined>(undefined);
export const ConsoleContext = createContext<ConsoleModel | undefined>(undefined);

/** The model of the flow table, of a live table or of a capture. */
export function useTable(): TableModel {
  const model = useContext(TableContext);
  if (model === undefined) throw new Error('there is no flow table around this component');
  return model;
}

/** The model of the console of a server. */
export function useConsole(): ConsoleModel {
  const model = useContext(ConsoleContext);
  if (model === undefined) throw new Error('there is no console around this component');
  return model;
}
