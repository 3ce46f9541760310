import type { Condition } from '../../../src/demo/truth.ts';
import type { Random } from '../random.ts';
import type { Vec3 } from './mesh.ts';

/** Light and weather; radiance in arbitrary linear units, of which `exposure` makes a picture. */
export interface Light {
  readonly condition: Condition;
  /** Unit vector towards the sun. */
  readonly sun: Vec3;
  /** Black where no sun shines. */
  readonly sunColour: Vec3;
  readonly zenith: Vec3;
  readonly horizon: Vec3;
  /** Light that the ground throws back. */
  readonly bounce: Vec3;
  readonly exposure: number;
  /** Street lamps, signs and lit windows: 0 off. */
  readonly lamps: number;
  /** Vehicles have their lights on. */
  readonly headlights: boolean;
  /** Share of light lost per metre to mist. */
  readonly mist: number;
  readonly mistColour: Vec3;
  /** 0 dry, 1 wet: darker ground that mirrors. */
  readonly wet: number;
  /** 0 none, 1 heavy: how thick the rain falls. */
  readonly rain: number;
  /** Standard deviation of the sensor's noise, in steps of 8 bits. */
  readonly noise: number;
  /** Share of the sky covered, 0 to 1. */
  readonly clouds: number;
}

/** A light of this kind; what may vary about it follows from `random`. `sunFrom`: where the sun stands, radians from east. */
export function lightOf(condition: Condition, random: Random, sunFrom?: number): Light {
  const azimuth = sunFrom ?? random.between(0, 2 * Math.PI);
  const sunAt = (elevationDegrees: number): Vec3 => {
    const e = (elevationDegrees * Math.PI) / 180;
    return [Math.cos(e) * Math.cos(azimuth), Math.cos(e) * Math.sin(azimuth), Math.sin(e)];
  };
  switch (condition) {
    case 'day': {
      const strength = random.between(0.8, 1.1);
      return {
        condition,
        sun: sunAt(random.between(32, 58)),
        sunColour: [3.3 * strength, 3.05 * strength, 2.65 * strength],
        zenith: [0.26, 0.45, 0.86],
        horizon: [0.72, 0.86, 1.05],
        bounce: [0.3, 0.28, 0.25],
        exposure: random.between(0.72, 0.86),
        lamps: 0,
        headlights: false,
        mist: 0.0012,
        mistColour: [0.72, 0.82, 0.95],
        wet: 0,
        rain: 0,
        noise: 0.9,
        clouds: random.between(0.1, 0.5),
      };
    }
    case 'dusk':
      return {
        condition,
        sun: sunAt(random.between(9, 16)),
        sunColour: [2.5, 1.32, 0.6],
        zenith: [0.16, 0.21, 0.42],
        horizon: [0.95, 0.62, 0.46],
        bounce: [0.16, 0.13, 0.12],
        exposure: random.between(1.1, 1.3),
        lamps: 0.35,
        headlights: true,
        mist: 0.0022,
        mistColour: [0.7, 0.5, 0.42],
        wet: 0,
        rain: 0,
        noise: 1.4,
        clouds: random.between(0.2, 0.6),
      };
    case 'night':
      return {
        condition,
        sun: [0, 0, 1],
        sunColour: [0, 0, 0],
        zenith: [0.014, 0.02, 0.045],
        horizon: [0.05, 0.045, 0.05],
        bounce: [0.008, 0.008, 0.01],
        exposure: random.between(1.9, 2.4),
        lamps: 1,
        headlights: true,
        mist: 0.0015,
        mistColour: [0.03, 0.03, 0.04],
        wet: random.chance(0.5) ? random.between(0.2, 0.7) : 0,
        rain: 0,
        noise: 2.6,
        clouds: 0.2,
      };
    case 'rain':
      return {
        condition,
        sun: [0, 0, 1],
        sunColour: [0, 0, 0],
        zenith: [0.52, 0.57, 0.64],
        horizon: [0.6, 0.64, 0.7],
        bounce: [0.1, 0.1, 0.11],
        exposure: random.between(0.78, 0.95),
        lamps: 0.2,
        headlights: true,
        mist: random.between(0.002, 0.0045),
        mistColour: [0.5, 0.54, 0.6],
        wet: random.between(0.7, 1),
        rain: random.between(0.5, 1),
        noise: 1.6,
        clouds: 1,
      };
  }
}

/** What shines from a direction of length 1, of which only the height matters, where no building stands. */
export function skyRadiance(light: Light, dz: number, out: Float64Array): void {
  const { zenith, horizon, bounce } = light;
  if (dz < 0) {
    out[0] = bounce[0];
    out[1] = bounce[1];
    out[2] = bounce[2];
    return;
  }
  const up = Math.sqrt(dz);
  out[0] = horizon[0] + (zenith[0] - horizon[0]) * up;
  out[1] = horizon[1] + (zenith[1] - horizon[1]) * up;
  out[2] = horizon[2] + (zenith[2] - horizon[2]) * up;
}
