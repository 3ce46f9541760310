/** ONNX Runtime's execution providers, the fastest first: the order in which they are tried. */
export const PROVIDERS = ['tensorrt', 'cuda', 'webgpu', 'cpu'] as const;
export type Provider = (typeof PROVIDERS)[number];
