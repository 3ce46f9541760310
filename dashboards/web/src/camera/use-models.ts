import { useEffect, useState } from 'react';
import { type Api, type ModelView, messageOf } from '../api.ts';

export interface Models {
  /** Empty until the hub has answered. */
  readonly models: readonly ModelView[];
  /** What a camera gets that names none; empty until the hub has answered. */
  readonly usual: string;
  readonly problem: string | null;
}

/** The detectors that cameras may name, asked for once. */
export function useModels(api: Api): Models {
  const [state, setState] = useState<Models>({ models: [], usual: '', problem: null });
  useEffect(() => {
    const abort = new AbortController();
    api.models(abort.signal).then(
      ({ models, default: usual }) =>
        setState({ models: models.filter(({ task }) => task === 'detection'), usual, problem: null }),
      (thrown) => {
        if (!abort.signal.aborted) setState({ models: [], usual: '', problem: messageOf(thrown) });
      },
    );
    return () => abort.abort();
  }, [api]);
  return state;
}

/**
 * The labels of a model; null while they are not known, as for a model that is not listed.
 *
 * @param name empty for the one that a camera gets that names none
 */
export function labelsOf({ models, usual }: Models, name: string): readonly string[] | null {
  const labels = models.find((model) => model.name === (name || usual))?.labels ?? [];
  return labels.length > 0 ? labels : null;
}
