/** How a detector's outputs are decoded; each is a file of src/pipeline/families. */
export const FAMILY_NAMES = ['yolox', 'yolo', 'yolo-end2end', 'detr', 'nanodet'] as const;
export type FamilyName = (typeof FAMILY_NAMES)[number];
