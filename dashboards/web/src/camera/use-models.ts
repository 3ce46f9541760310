import { useEffect, useState } from 'react';
import { type Api, type ModelView, messageOf } from '../api.ts';

export interface Models {
  /** Empty until the hub has answered. */
  readonly models: readonly ModelView[];
  readonly problem: string | null;
}

/** The detectors that cameras may name, asked for once. */
export function useModels(api: Api): Models {
  const [state, setState] = useState<Models>({ models: [], problem: null });
  useEffect(() => {
    const abort = new AbortController();
    api.models(abort.signal).then(
      (models) => setState({ models: models.filter(({ task }) => task === 'detection'), problem: null }),
      (thrown) => {
        if (!abort.signal.aborted) setState({ models: [], problem: messageOf(thrown) });
      },
    );
    return () => abort.abort();
  }, [api]);
  return state;
}

/** The labels of a model; null while they are not known, as for a model that is not listed. */
export function labelsOf({ models }: Models, name: string): readonly string[] | null {
  const labels = models.find((model) => model.name === name)?.labels ?? [];
  return labels.length > 0 ? labels : null;
}
