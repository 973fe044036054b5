export const still = {
  'still.save': 'Save this picture',
  'still.none': 'There is no picture to save yet.',
};
