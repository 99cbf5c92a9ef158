import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { ConsoleModel } from '../model/console.js';

export const ConsoleContext = createContext<ConsoleModel | undefined>(undefined);

/** The model of the page. */
export function useConsole(): ConsoleModel {
  const model = useContext(ConsoleContext);
  if (model === undefined) throw new Error('there is no console around this component');
  return model;
}
