"""What the department says about itself and its service: data that another city fills in differently."""
