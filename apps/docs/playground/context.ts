import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { PlaygroundModel } from './model.js';

export const PlaygroundContext = createContext<PlaygroundModel | undefined>(undefined);

/** The model of the playground. */
export function usePlayground(): PlaygroundModel {
  const model = useContext(PlaygroundContext);
  if (model === undefined) throw new Error('there is no playground around this component');
  return model;
}
