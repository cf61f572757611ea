// Renders photo.jpg: a lake below snowy mountains at sunrise. There is no camera and no copyright but this file's.
//
//   cc -O3 -march=native -ffast-math -fopenmp render.c -o render -lm
//   ./render 1600 1067 3 | cjpeg -quality 76 -optimize > photo.jpg
//
// Terrain: a height field of value noise, each octave damped where the ones before it are steep (Inigo Quilez,
// "Elevated"), so that ridges are rough and valleys smooth. Rays march over it; the water is a mirror with ripples.
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct {
  float x, y, z;
} Vec;

static Vec vec(float x, float y, float z) { return (Vec){x, y, z}; }
static Vec add(Vec a, Vec b) { return vec(a.x + b.x, a.y + b.y, a.z + b.z); }
static Vec scale(Vec a, float k) { return vec(a.x * k, a.y * k, a.z * k); }
static Vec times(Vec a, Vec b) { return vec(a.x * b.x, a.y * b.y, a.z * b.z); }
static float dot(Vec a, Vec b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
static Vec unit(Vec a) { return scale(a, 1 / sqrtf(dot(a, a))); }
static float clamp(float v, float low, float high) { return fminf(fmaxf(v, low), high); }
static Vec mix(Vec a, Vec b, float t) { return add(scale(a, 1 - t), scale(b, t)); }
static float smooth(float low, float high, float v) {
  float t = clamp((v - low) / (high - low), 0, 1);
  return t * t * (3 - 2 * t);
}

static const float kWater = 0, kFar = 420, kTop = 90;
static Vec sun;

static float hash(int32_t x, int32_t y) {
  uint32_t n = (uint32_t)x * 374761393u + (uint32_t)y * 668265263u;
  n = (n ^ (n >> 13)) * 1274126177u;
  n = (n ^ (n >> 16)) * 2246822519u;
  return (float)(n >> 8) / 16777216.0f;
}

// Value noise in 0..1 with its slope.
static float noise(float x, float y, float* dx, float* dy) {
  float fx = floorf(x), fy = floorf(y), u = x - fx, v = y - fy;
  int32_t ix = (int32_t)fx, iy = (int32_t)fy;
  float a = hash(ix, iy), b = hash(ix + 1, iy), c = hash(ix, iy + 1), d = hash(ix + 1, iy + 1);
  float su = u * u * u * (u * (u * 6 - 15) + 10), sv = v * v * v * (v * (v * 6 - 15) + 10);
  float k1 = b - a, k2 = c - a, k3 = a - b - c + d;
  *dx = 30 * u * u * (u * (u - 2) + 1) * (k1 + k3 * sv);
  *dy = 30 * v * v * (v * (v - 2) + 1) * (k2 + k3 * su);
  return a + k1 * su + k2 * sv + k3 * su * sv;
}

static float fbm(float x, float y, int octaves) {
  float sum = 0, gain = 0.5f, dx, dy;
  for (int i = 0; i < octaves; i++) {
    sum += gain * noise(x, y, &dx, &dy);
    float nx = 1.6f * x - 1.2f * y;
    y = 1.2f * x + 1.6f * y + 17.3f;
    x = nx;
    gain *= 0.5f;
  }
  return sum;
}

// Height of the ground over (x, z). The lake lies along the z axis; the peaks rise behind and beside it.
static float height(float x, float z, int octaves) {
  float px = x * 0.021f + 3.7f, py = z * 0.021f + 1.2f, sum = 0, gain = 1, sx = 0, sy = 0;
  for (int i = 0; i < octaves; i++) {
    float dx, dy, n = noise(px, py, &dx, &dy);
    sx += dx;
    sy += dy;
    sum += gain * n / (1 + 0.9f * (sx * sx + sy * sy));
    gain *= 0.49f;
    float nx = 1.6f * px - 1.2f * py;
    py = 1.2f * px + 1.6f * py;
    px = nx;
  }
  float shore = 26 + 10 * sinf(z * 0.024f + 0.6f) + 5 * sinf(z * 0.061f);
  float beside = smooth(-6, 95, fabsf(x - 9 * sinf(z * 0.017f)) - shore), behind = smooth(120, 260, z);
  float lift = fmaxf(beside, behind);
  return sum * (7 + 41 * lift) * (0.25f + 0.75f * smooth(-0.1f, 0.4f, lift)) - 8.5f + 13 * lift;
}

static Vec ground_normal(Vec p, float t) {
  float e = 0.0012f * t + 0.01f;
  float hx = height(p.x + e, p.z, 13) - height(p.x - e, p.z, 13);
  float hz = height(p.x, p.z + e, 13) - height(p.x, p.z - e, 13);
  return unit(vec(-hx, 2 * e, -hz));
}

// Distance to the ground along the ray, or -1.
static float march(Vec from, Vec to, float start, float far, int octaves) {
  float t = start, last = start;
  for (int i = 0; i < 600 && t < far; i++) {
    Vec p = add(from, scale(to, t));
    if (p.y > kTop && to.y > 0) return -1;
    float above = p.y - height(p.x, p.z, octaves);
    if (above < 0.0006f * t) {
      for (int j = 0; j < 7; j++) {  // bisection between the last point above and this one
        float middle = 0.5f * (last + t);
        Vec q = add(from, scale(to, middle));
        if (q.y > height(q.x, q.z, octaves)) {
          last = middle;
        } else {
          t = middle;
        }
      }
      return t;
    }
    last = t;
    t += fmaxf(0.32f * above, 0.0012f * t);
  }
  return -1;
}

// 0 in full shadow to 1 in full light.
static float light_at(Vec p) {
  float light = 1;
  for (float t = 0.25f; t < 170;) {
    Vec q = add(p, scale(sun, t));
    if (q.y > kTop) break;
    float above = q.y - height(q.x, q.z, 8);
    if (above < 0) return 0;
    light = fminf(light, 22 * above / t);
    t += fmaxf(0.35f * above, 0.25f);
  }
  return clamp(light, 0, 1);
}

static Vec sky(Vec to) {
  float up = fmaxf(to.y, 0), toward = clamp(dot(to, sun), 0, 1);
  Vec color = mix(vec(0.86f, 0.60f, 0.46f), vec(0.36f, 0.50f, 0.72f), smooth(0, 0.20f, up));
  color = mix(color, vec(0.10f, 0.22f, 0.46f), smooth(0.12f, 0.62f, up));
  color = add(color, scale(vec(1.0f, 0.55f, 0.25f), 0.42f * powf(toward, 7)));
  color = add(color, scale(vec(1.0f, 0.78f, 0.5f), 0.9f * powf(toward, 90)));
  if (to.y > 0.01f) {  // two sheets of cloud
    float x = to.x / (to.y + 0.09f), z = to.z / (to.y + 0.09f);
    float thick = fbm(x * 0.75f + 1.7f, z * 0.42f + 4.0f, 8);
    float cover = smooth(0.50f, 0.80f, thick) * smooth(0.02f, 0.14f, to.y);
    float lit = smooth(-0.10f, 0.16f, thick - fbm(x * 0.75f + 1.7f + 0.10f * sun.x, z * 0.42f + 4.06f, 6));
    Vec cloud = mix(vec(0.46f, 0.42f, 0.50f), vec(1.25f, 0.84f, 0.62f), 0.35f + 0.65f * lit * (0.5f + 0.5f * toward));
    color = mix(color, cloud, 0.86f * cover);
    float high = smooth(0.48f, 0.86f, fbm(x * 0.5f + 9, z * 2.1f, 6)) * smooth(0.08f, 0.3f, to.y);
    color = mix(color, vec(1.05f, 0.80f, 0.70f), 0.34f * high);
  }
  return color;
}

static Vec through_air(Vec color, Vec to, float t, float y) {
  float toward = clamp(dot(to, sun), 0, 1);
  float haze = 1 - expf(-powf(t * 0.0021f, 1.5f));
  float mist = 0.42f * (1 - expf(-t * 0.008f)) * expf(-fmaxf(y, 0) * 0.42f);
  Vec air = mix(vec(0.48f, 0.55f, 0.70f), vec(1.0f, 0.68f, 0.44f), 0.85f * powf(toward, 4));
  return mix(mix(color, air, haze), vec(0.80f, 0.70f, 0.66f), mist);
}

static Vec shade_ground(Vec p, Vec to, float t) {
  Vec n = ground_normal(p, t);
  float dx, dy, grain = noise(p.x * 3.1f, p.z * 3.1f, &dx, &dy), patch = fbm(p.x * 0.22f, p.z * 0.22f, 5);
  Vec rock = mix(vec(0.115f, 0.105f, 0.100f), vec(0.20f, 0.17f, 0.145f), fbm(p.x * 0.5f, p.y * 2.4f + p.z * 0.3f, 5));
  Vec meadow = mix(vec(0.060f, 0.075f, 0.026f), vec(0.125f, 0.098f, 0.034f), patch);
  Vec wood = scale(mix(vec(0.016f, 0.030f, 0.018f), vec(0.040f, 0.055f, 0.022f), grain), 0.9f);
  Vec color = mix(rock, meadow, smooth(0.58f, 0.80f, n.y) * smooth(19, 9, p.y + 5 * patch));
  color =
      mix(color, wood, smooth(0.42f, 0.60f, patch + 0.12f * grain) * smooth(0.5f, 0.72f, n.y) * smooth(13.5f, 7, p.y));
  color = mix(color, vec(0.17f, 0.15f, 0.12f), smooth(0.75f, 0.15f, p.y));
  float snow =
      smooth(12.5f, 21, p.y + 7 * (patch - 0.5f) + 2 * grain) * smooth(0.48f, 0.70f, n.y + 0.10f * (patch - 0.5f));
  color = mix(color, vec(0.66f, 0.68f, 0.74f), snow);

  float direct = clamp(dot(n, sun), 0, 1) * light_at(add(p, scale(n, 0.05f)));
  Vec light = scale(vec(3.6f, 2.15f, 1.15f), direct);
  light = add(light, scale(vec(0.30f, 0.42f, 0.66f), 0.62f + 0.38f * n.y));
  light = add(light, scale(vec(0.46f, 0.30f, 0.20f), clamp(-dot(n, vec(sun.x, 0, sun.z)), 0, 1) * 0.35f));
  return through_air(times(color, light), to, t, p.y);
}

static Vec shade_water(Vec p, Vec to, float t) {
  float calm = 1 / (1 + 0.03f * t), a, b, c, d;
  noise(p.x * 1.3f, p.z * 3.4f, &a, &b);
  noise(p.x * 4.1f + 9, p.z * 9.7f, &c, &d);
  Vec n = unit(vec((0.008f * a + 0.004f * c) * calm, 1, (0.012f * b + 0.006f * d) * calm));
  Vec mirror = add(to, scale(n, -2 * dot(to, n)));
  mirror.y = fmaxf(mirror.y, 0.004f);
  mirror = unit(mirror);
  float hit = march(p, mirror, 0.05f, 320, 9);
  Vec seen = hit > 0 ? shade_ground(add(p, scale(mirror, hit)), mirror, t + hit) : sky(mirror);
  float fresnel = 0.04f + 0.96f * powf(1 - clamp(dot(n, scale(to, -1)), 0, 1), 5);
  float depth = clamp(-height(p.x, p.z, 9) * 0.22f, 0, 1);
  Vec deep = mix(vec(0.10f, 0.115f, 0.085f), vec(0.012f, 0.040f, 0.055f), depth);
  Vec color = mix(deep, scale(seen, 0.93f), clamp(0.16f + fresnel, 0, 1));
  return through_air(color, to, 0.6f * t, 0.9f);
}

static Vec look(Vec from, Vec to) {
  float surface = to.y < 0 ? (kWater - from.y) / to.y : -1;
  float far = surface > 0 ? fminf(surface, kFar) : kFar;
  float t = march(from, to, 0.3f, far, 10);
  if (t > 0) return shade_ground(add(from, scale(to, t)), to, t);
  if (surface > 0 && surface < kFar) return shade_water(add(from, scale(to, surface)), to, surface);
  return through_air(sky(to), to, surface > 0 ? kFar : 0, 8);
}

static float tone(float v) {  // ACES, as fitted by Krzysztof Narkowicz, then sRGB's gamma
  v = 1.02f * powf(v, 1.12f);
  v = clamp(v * (2.51f * v + 0.03f) / (v * (2.43f * v + 0.59f) + 0.14f), 0, 1);
  return powf(v, 1 / 2.2f);
}

int main(int argc, char** argv) {
  int width = argc > 1 ? atoi(argv[1]) : 1600, rows = argc > 2 ? atoi(argv[2]) : 1067;
  int samples = argc > 3 ? atoi(argv[3]) : 3;  // in each direction, for each pixel
  if (width < 2 || rows < 2 || samples < 1) return 2;
  uint8_t* image = malloc((size_t)width * rows * 3);
  if (!image) return 1;
  sun = unit(vec(0.80f, 0.27f, 0.16f));
  Vec from = vec(-3, 3.6f, -34), ahead = unit(vec(0.055f, 0.062f, 1));
  Vec right = unit(vec(ahead.z, 0, -ahead.x));
  Vec up = unit(vec(ahead.y * right.z - ahead.z * right.y, ahead.z * right.x - ahead.x * right.z,
                    ahead.x * right.y - ahead.y * right.x));
#pragma omp parallel for schedule(dynamic, 4)
  for (int y = 0; y < rows; y++) {
    for (int x = 0; x < width; x++) {
      Vec sum = vec(0, 0, 0);
      for (int s = 0; s < samples * samples; s++) {
        float u = (x + (s % samples + 0.5f) / samples) * 2 / width - 1;
        float v = (rows - 2 * (y + (s / samples + 0.5f) / samples)) / width;
        Vec to = unit(add(add(scale(right, u * 0.66f), scale(up, v * 0.66f)), ahead));
        sum = add(sum, look(from, to));
      }
      float u = 2.0f * x / width - 1, v = 2.0f * y / rows - 1, vignette = 1 - 0.10f * (u * u + v * v);
      Vec color = scale(sum, vignette / (samples * samples));
      uint8_t* pixel = image + 3 * ((size_t)y * width + x);
      pixel[0] = (uint8_t)(255 * tone(color.x) + 0.5f);
      pixel[1] = (uint8_t)(255 * tone(color.y) + 0.5f);
      pixel[2] = (uint8_t)(255 * tone(color.z) + 0.5f);
    }
  }
  printf("P6\n%d %d\n255\n", width, rows);
  fwrite(image, 3, (size_t)width * rows, stdout);
  free(image);
}
